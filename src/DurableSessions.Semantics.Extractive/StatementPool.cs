namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// The best statements of one kind, in bounded memory, in the order they were made. The newest ten stay with any
/// score, so that the end of a long conversation is not lost to its beginning.
/// </summary>
internal sealed class StatementPool
{
    private const int Capacity = 72;
    private const int Newest = 10;
    private const double Same = 0.72;

    private readonly List<Statement> _statements = [];

    public IReadOnlyList<Statement> Statements => _statements;

    /// <summary>
    /// Adds a statement, unless the pool has it already: then the newer wording stays if it says at least as much, and has
    /// the score of both.
    /// </summary>
    public void Add(Statement statement)
    {
        for (int i = 0; i < _statements.Count; i++)
        {
            Statement known = _statements[i];
            if (known.Terms.Containment(statement.Terms) < Same || known.Terms.Shared(statement.Terms) < 2)
            {
                continue;
            }

            double score = Math.Max(known.Score, statement.Score) + 0.25;
            if (statement.Terms.Count < known.Terms.Count)
            {
                known.Score = Math.Min(score, known.Score + 0.5);
                return;
            }

            statement.Score = score;
            _statements.RemoveAt(i);
            break;
        }

        _statements.Add(statement);
        if (_statements.Count > Capacity)
        {
            RemoveWeakest();
        }
    }

    /// <summary>Puts a statement in the place of another, which is in the pool.</summary>
    public void Replace(Statement statement, Statement by) => _statements[_statements.IndexOf(statement)] = by;

    public void Remove(Statement statement) => _statements.Remove(statement);

    private void RemoveWeakest()
    {
        int weakest = 0;
        for (int i = 1; i < _statements.Count - Newest; i++)
        {
            weakest = _statements[i].Score < _statements[weakest].Score ? i : weakest;
        }

        _statements.RemoveAt(weakest);
    }
}
