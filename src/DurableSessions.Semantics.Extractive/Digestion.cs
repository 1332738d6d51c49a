using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// What is known of a conversation while it is read: the best statements of each kind, and the names. Its size is bounded,
/// and does not depend on how much is read.
/// </summary>
internal sealed partial class Digestion
{
    private static readonly int KindCount = Enum.GetValues<StatementKind>().Length;

    private readonly StatementPool[] _pools = [.. Enumerable.Range(0, KindCount).Select(static _ => new StatementPool())];

    public NameTallies Names { get; } = new();

    public Familiarity Familiarity { get; } = new();

    /// <summary>
    /// Whether people talk to each other and nothing is worked on, as the overview before has it; <see langword="null"/>: it does not say.
    /// </summary>
    public bool? IsChat { get; set; }

    /// <summary>The number of statements seen: their order.</summary>
    public long Order { get; private set; }

    public IReadOnlyList<Statement> this[StatementKind kind] => _pools[(int)kind].Statements;

    /// <summary>Takes a statement in, and lets it end or outdate what was said before.</summary>
    /// <param name="statement">With its score.</param>
    /// <param name="reverses">Whether it says that something no longer holds.</param>
    public void Add(Statement statement, bool reverses)
    {
        Order = Math.Max(Order, statement.Order + 1);
        if (statement.Kind is StatementKind.Done or StatementKind.Decision)
        {
            Close(statement);
        }

        CloseWaiting(statement);
        if (reverses)
        {
            Outdate(StatementKind.Decision, statement);
            Outdate(StatementKind.Done, statement);
            Outdate(StatementKind.Fact, statement);
        }

        _pools[(int)statement.Kind].Add(statement);
    }

    /// <summary>
    /// Takes out, or strikes, what a sentence overtakes that was said before it, and returns how much that was. What is only carried over
    /// overtakes nothing: it did when it was new.
    /// </summary>
    public int Supersede(Statement newer, Terms context, long begin)
    {
        var supersession = new Supersession(newer, context, begin);
        if (!supersession.IsPossible)
        {
            return 0;
        }

        int ended = 0;
        foreach (StatementPool pool in _pools)
        {
            for (int i = pool.Statements.Count - 1; i >= 0; i--)
            {
                Statement older = pool.Statements[i];
                if (older.Text == newer.Text || supersession.Remains(older) is { } text && text == older.Text)
                {
                    continue;
                }

                ended++;
                if (supersession.Remains(older) is { Length: <= Statement.MaxLength } struck)
                {
                    pool.Replace(older, new Statement(older.Kind, struck, older.Order)
                    {
                        IsCarried = older.IsCarried,
                        Score = older.Score,
                        Stamp = older.Stamp,
                    });
                }
                else
                {
                    pool.Remove(older);
                }
            }
        }

        return ended;
    }

    /// <summary>
    /// A list of everything that is open takes the place of such lists before it, and makes single items less worth telling.
    /// </summary>
    public void OutdateOpen()
    {
        foreach (Statement list in this[StatementKind.Open].Where(static o => Announcement.IsListOfOpen(o.Text)).ToList())
        {
            _pools[(int)StatementKind.Open].Remove(list);
        }

        foreach (Statement open in this[StatementKind.Open])
        {
            open.Score *= 0.7;
        }
    }

    /// <summary>A newer run of a command makes the outcome of the older ones worth little.</summary>
    public void OutdateBeginning(string command)
    {
        foreach (Statement done in this[StatementKind.Done])
        {
            done.Score *= done.Text.StartsWith(command, StringComparison.Ordinal) ? 0.5 : 1;
        }
    }

    /// <summary>Names that come up again keep what was said about them.</summary>
    public void Reinforce(Terms terms)
    {
        foreach (StatementPool pool in _pools)
        {
            foreach (Statement carried in pool.Statements)
            {
                if (!carried.IsCarried)
                {
                    break;
                }

                if (carried.Score < 4 && carried.Terms.Shared(terms) >= 3)
                {
                    carried.Score += 0.1;
                }
            }
        }
    }

    // Something open is over when a later sentence says of most of it that it was done or decided.
    private void Close(Statement ending)
    {
        IReadOnlyList<Statement> open = this[StatementKind.Open];
        for (int i = open.Count - 1; i >= 0; i--)
        {
            int shared = open[i].Terms.Shared(ending.Terms);
            if (shared >= 2 && shared >= open[i].Terms.Count * 0.45)
            {
                _pools[(int)StatementKind.Open].Remove(open[i]);
            }
        }
    }

    // An open statement that waits for a person is over when a sentence says that this person answered.
    private void CloseWaiting(Statement answer)
    {
        if (Answering().Match(answer.Text) is not { Success: true } match)
        {
            return;
        }

        string who = match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value;
        bool IsWaitingFor(Statement open) => open.Text.Contains(who, StringComparison.Ordinal) && Waiting().IsMatch(open.Text);
        // What was decided, and rules, wait for no answer.
        StatementKind[] waiting = [StatementKind.Open, StatementKind.Fact, StatementKind.Asked, StatementKind.Done];
        foreach (StatementPool pool in waiting.Select(k => _pools[(int)k]))
        {
            foreach (Statement open in pool.Statements.Where(IsWaitingFor).ToList())
            {
                pool.Remove(open);
            }
        }
    }

    [GeneratedRegex(
        @"(\p{Lu}\p{L}+) (?:has )?(?:also )?(?:answered|replied|approved|confirmed|agreed|came back|said yes|said no)\b"
        + @"|([\u4E00-\u9FFF]{2})(?:已经)?(?:回复|答复|同意|批准)了",
        RegexOptions.CultureInvariant)]
    private static partial Regex Answering();

    [GeneratedRegex(@"\b(?:ask|asked|asking|until|wait|waiting|confirm|think about|thinks about)\b|问|等|确认", RegexOptions.CultureInvariant)]
    private static partial Regex Waiting();

    private void Outdate(StatementKind kind, Statement newer)
    {
        foreach (Statement older in this[kind])
        {
            int shared = older.Terms.Shared(newer.Terms);
            if (shared >= 2 && shared >= Math.Min(older.Terms.Count, newer.Terms.Count) * 0.34)
            {
                older.Score *= 0.6;
            }
        }
    }
}
