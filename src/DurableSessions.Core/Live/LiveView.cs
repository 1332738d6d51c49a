using DurableSessions.Core.Messages;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Live;

/// <summary>
/// What a host knows of a session's live messages, in memory: a cache that storage can always overrule. It makes an append
/// one write and no read.
/// </summary>
internal sealed class LiveView(StoredManifest stored, IReadOnlyList<SegmentView> segments)
{
    public StoredManifest Stored { get; } = stored;

    public Manifest Manifest => Stored.Manifest;

    public IReadOnlyList<SegmentView> Segments { get; } = segments;

    /// <summary>The segment that takes appends.</summary>
    /// <exception cref="FormatException">The manifest was damaged: it names none.</exception>
    public SegmentView Last => Segments.Count > 0
        ? Segments[^1]
        : throw new FormatException($"The manifest of session '{Manifest.SessionId}' names no live segment.");

    public int MessageCount => Segments.Sum(static s => s.Messages.Count);

    public string? LastMessageAt =>
        Segments.LastOrDefault(static s => s.LastMessageAt is not null)?.LastMessageAt ?? Manifest.LastArchivedMessageAt;

    /// <summary>When a live message was last appended, as far as this host knows.</summary>
    public DateTimeOffset? AppendedAt => Segments.Max(static s => s.AppendedAt);

    /// <summary>How many messages a commit would archive.</summary>
    /// <param name="keepRecent">How many of the newest messages it keeps, unless it keeps turns.</param>
    /// <param name="turns">Which turns it keeps; <see langword="null"/>: it keeps messages.</param>
    public int Archivable(int keepRecent, TurnRetention? turns)
    {
        if (turns is null)
        {
            return Math.Max(0, MessageCount - keepRecent);
        }

        var split = new TurnSplit(turns);
        foreach (MessageShape message in Segments.SelectMany(static s => s.Messages))
        {
            split.Add(message);
        }

        return split.Archived;
    }

    /// <summary>The estimated tokens of the messages that a commit like the last one would archive.</summary>
    public long PendingTokens()
    {
        int left = Archivable(Manifest.KeepRecentCount, Manifest.TurnRetention);
        long sum = 0;
        foreach (SegmentView segment in Segments)
        {
            foreach (MessageShape message in segment.Messages)
            {
                if (left-- <= 0)
                {
                    return sum;
                }

                sum += message.Tokens;
            }
        }

        return sum;
    }
}
