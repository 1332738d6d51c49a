using System.Globalization;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Sessions;

/// <summary>What a host knows of one segment.</summary>
internal sealed class SegmentView(SegmentReference reference)
{
    public SegmentReference Reference { get; } = reference;

    public string Name => Reference.Name;

    /// <summary>Bytes read or written so far: where the next append must land.</summary>
    public long Length { get; private set; }

    /// <summary>Each message, as far as retention needs to know it.</summary>
    public List<MessageShape> Messages { get; } = [];

    public string? LastMessageAt { get; private set; }

    /// <summary>
    /// When storage last wrote what this host knows of it, in whole seconds, as the answers to appends and reads say anyway;
    /// <see langword="null"/> where nothing is known.
    /// </summary>
    public DateTimeOffset? WrittenAt { get; set; }

    /// <summary>
    /// When the newest of its messages was appended. Of what storage tells only in whole seconds, the time at which the message says it was
    /// said is the finer part, where it is within that second: so every host tells the same, and two appends within a second differ.
    /// </summary>
    public DateTimeOffset? AppendedAt =>
        WrittenAt is { } second
        && DateTimeOffset.TryParse(LastMessageAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset said)
        && said >= second
        && said - second < TimeSpan.FromSeconds(1)
            ? said
            : WrittenAt;

    /// <summary>Whether this host has had the answer of a seal: the length is final, for every host.</summary>
    public bool IsSealed { get; set; }

    /// <summary>Whether everything up to the end has been read, of a segment that does not grow.</summary>
    public bool IsComplete { get; set; }

    public void Add(SessionMessage message, long end)
    {
        Messages.Add(MessageShape.Of(message));
        LastMessageAt = message.CreatedAt;
        Length = end;
    }

    public void Add(IReadOnlyList<MessageShape> messages, string lastMessageAt, long end)
    {
        Messages.AddRange(messages);
        LastMessageAt = lastMessageAt;
        Length = end;
    }
}

/// <summary>
/// What a host knows of a session's live messages, in memory: a cache that storage can always overrule. It makes an append
/// one write and no read.
/// </summary>
internal sealed class LiveView(StoredManifest stored, IReadOnlyList<SegmentView> segments)
{
    public StoredManifest Stored { get; } = stored;

    public Manifest Manifest => Stored.Manifest;

    public IReadOnlyList<SegmentView> Segments { get; } = segments;

    public SegmentView Last => Segments[^1];

    public int MessageCount => Segments.Sum(static s => s.Messages.Count);

    public string? LastMessageAt => Segments.LastOrDefault(static s => s.LastMessageAt is not null)?.LastMessageAt ?? Manifest.LastArchivedMessageAt;

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

/// <summary>The live messages of a session, counted.</summary>
/// <param name="Messages">How many there are.</param>
/// <param name="PendingTokens">Estimated tokens of those that a commit like the last one would archive.</param>
internal sealed record LiveCounts(int Messages, long PendingTokens)
{
    public static LiveCounts Of(LiveView view) => new(view.MessageCount, view.PendingTokens());
}
