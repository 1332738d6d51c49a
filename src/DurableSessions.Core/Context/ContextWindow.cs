using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Context;

/// <summary>
/// Takes messages oldest first and keeps what fits a budget of tokens, the newest surviving: the latest user message and the
/// last assistant message first, then whole messages as one unbroken run backwards from the end.
/// </summary>
/// <remarks>Holds no more than the run that could fit, two messages, and <see cref="MaxBytes"/>.</remarks>
internal sealed class ContextWindow(long tokenBudget)
{
    /// <summary>The most bytes a window holds, besides its tokens: images count no tokens.</summary>
    public const long MaxBytes = 32 * 1024 * 1024;

    private readonly LinkedList<Entry> _run = [];
    private Entry? _user;
    private Entry? _assistant;
    private long _runTokens;
    private long _runBytes;
    private int _count;
    private bool _dropped;

    /// <summary>The bytes of its run.</summary>
    public long Bytes => _runBytes;

    /// <summary>Whether every message fits, and is whole: known only after <see cref="Close"/>.</summary>
    public bool IsWhole { get; private set; }

    public void Add(SessionMessage message, int? archive)
    {
        var entry = new Entry(message, archive, _count++);
        _run.AddLast(entry);
        _runTokens += message.EstimatedTokens;
        _runBytes += message.Line.Length;
        _user = message.Role == "user" ? entry : _user;
        _assistant = message.Role == "assistant" ? entry : _assistant;
        while (_run.First is { } oldest && (_runTokens > tokenBudget || _runBytes > MaxBytes))
        {
            _runTokens -= oldest.Value.Message.EstimatedTokens;
            _runBytes -= oldest.Value.Message.Line.Length;
            _run.RemoveFirst();
            _dropped = true;
        }
    }

    /// <summary>What fits, in order, and the tokens of the budget that are left.</summary>
    /// <param name="room">Tokens that the messages leave; no more than the budget.</param>
    public (IReadOnlyList<ContextMessage> Messages, long TokensLeft) Close(long room = 0)
    {
        long budget = tokenBudget - room;
        if (!_dropped && _runTokens <= budget)
        {
            IsWhole = true;
            return ([.. _run.Select(static e => e.Whole())], tokenBudget - _runTokens);
        }

        List<Entry> anchors = [.. new[] { _user, _assistant }.OfType<Entry>().OrderBy(static e => e.Place)];
        long left = budget - anchors.Sum(static a => a.Message.EstimatedTokens);
        IReadOnlyList<ContextMessage> messages = left < 0 ? CutAnchors(anchors, budget) : Fill(anchors, left);
        return (messages, tokenBudget - messages.Sum(static m => m.Tokens));
    }

    private List<ContextMessage> Fill(List<Entry> anchors, long left)
    {
        var chosen = new List<Entry>(anchors);
        long bytes = anchors.Sum(static a => (long)a.Message.Line.Length);
        for (LinkedListNode<Entry>? node = _run.Last; node is not null; node = node.Previous)
        {
            if (anchors.Contains(node.Value))
            {
                continue;
            }

            SessionMessage message = node.Value.Message;
            if (message.EstimatedTokens > left || bytes + message.Line.Length > MaxBytes)
            {
                break;
            }

            left -= message.EstimatedTokens;
            bytes += message.Line.Length;
            chosen.Add(node.Value);
        }

        return [.. chosen.OrderBy(static e => e.Place).Select(static e => e.Whole())];
    }

    // Each may have half; what one does not need, the other may have.
    private static List<ContextMessage> CutAnchors(List<Entry> anchors, long budget)
    {
        var cut = new List<ContextMessage>();
        long left = budget;
        for (int i = 0; i < anchors.Count; i++)
        {
            long others = anchors.Where((_, other) => other != i).Sum(static a => a.Message.EstimatedTokens);
            long share = anchors.Count == 1 ? budget : Math.Max(budget / 2, budget - others);
            ContextMessage message = anchors[i].Cut(Math.Min(share, left));
            left -= message.Tokens;
            cut.Add(message);
        }

        return cut;
    }

    /// <summary>A message that may be in the window, with its archive where it is not live.</summary>
    private sealed record Entry(SessionMessage Message, int? Archive, int Place)
    {
        public ContextMessage Whole() => new(Message.Line, Message.EstimatedTokens, Archive);

        public ContextMessage Cut(long tokens)
        {
            SessionMessage message = Message.EstimatedTokens <= tokens ? Message : MessageTruncation.ToFit(Message, tokens);
            return new ContextMessage(message.Line, message.EstimatedTokens, Archive);
        }
    }
}
