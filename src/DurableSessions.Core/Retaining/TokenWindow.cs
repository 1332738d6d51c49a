namespace DurableSessions.Core.Retaining;

/// <summary>
/// The newest groups of messages that fit into a budget, found while the messages go by: at most <c>max</c> groups, and at least
/// <c>min</c> of them, even above the budget.
/// </summary>
/// <remarks>
/// A group that has fallen out can never come back, because what follows it only grows. So it is forgotten at once, and no more is held
/// than what is kept.
/// </remarks>
internal sealed class TokenWindow(int min, int max, long budget)
{
    private readonly Queue<(int First, long TokensBefore)> _groups = [];
    private long _tokens;

    /// <summary>Groups there have been, those that have fallen out included.</summary>
    public int Opened { get; private set; }

    /// <summary>The place of the first message that is kept.</summary>
    public int First => _groups.Peek().First;

    /// <summary>What the kept groups weigh.</summary>
    public long Tokens => _tokens - _groups.Peek().TokensBefore;

    /// <summary>Begins a group.</summary>
    /// <param name="first">The place of its first message.</param>
    public void Open(int first)
    {
        _groups.Enqueue((first, _tokens));
        Opened++;
        Trim();
    }

    /// <summary>Adds a message to the newest group.</summary>
    public void Add(int tokens)
    {
        _tokens += tokens;
        Trim();
    }

    /// <summary>Forgets all groups.</summary>
    public void Clear()
    {
        _groups.Clear();
        Opened = 0;
    }

    private void Trim()
    {
        while (_groups.Count > max || (_groups.Count > min && Tokens > budget))
        {
            _groups.Dequeue();
        }
    }
}
