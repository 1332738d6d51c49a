using System.Globalization;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Live;

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

    /// <summary>What it takes in memory, estimated.</summary>
    public long Bytes => 256 + (16L * Messages.Count);

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
