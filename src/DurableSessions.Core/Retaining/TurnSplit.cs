using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Retaining;

/// <summary>
/// Where a commit that keeps turns splits the live log. It depends on nothing but the messages and the retention: every host that reads
/// the same log finds the same place.
/// </summary>
internal sealed class TurnSplit(TurnRetention retention)
{
    private readonly int _minTail = Math.Max(1, retention.MinTailSteps);
    private readonly TokenWindow _turns = new(1, Math.Max(1, retention.KeepTurns), retention.TokenBudget);

    /// <summary>Of the newest turn.</summary>
    private readonly TokenWindow _steps = new(Math.Max(1, retention.MinTailSteps), int.MaxValue, retention.TokenBudget);

    private int _count;

    /// <summary>How many of the oldest messages are archived, of those added so far. It never becomes less with more of them.</summary>
    public int Archived
    {
        get
        {
            if (_count == 0 || retention.KeepTurns == 0)
            {
                return _count;
            }

            // Over the budget there is one turn, the newest: the others have fallen out.
            bool whole = _turns.Tokens <= retention.TokenBudget || _steps.Opened <= _minTail;
            return whole ? _turns.First : _steps.First;
        }
    }

    /// <summary>Adds the next message of the log.</summary>
    public void Add(MessageShape message)
    {
        bool isQuery = message.Part == TurnPart.Query;
        if (isQuery || _count == 0)
        {
            _turns.Open(_count);
            _steps.Clear();
        }

        _turns.Add(message.Tokens);
        if (!isQuery)
        {
            // A transport that follows no step is a step by itself.
            if (message.Part == TurnPart.Step || _steps.Opened == 0)
            {
                _steps.Open(_count);
            }

            _steps.Add(message.Tokens);
        }

        _count++;
    }
}
