using System.Globalization;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Indexing;

/// <summary>A message as it is indexed.</summary>
/// <param name="Role">Who said it.</param>
/// <param name="Peer">Which peer; <see langword="null"/>: none is named.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Text">What is searched.</param>
/// <param name="Offset">Where its line begins in the archive's messages, in bytes.</param>
/// <param name="Length">The bytes of its line, without the end of the line.</param>
internal sealed record SegmentMessage(string Role, string? Peer, DateTimeOffset CreatedAt, string Text, long Offset, int Length)
{
    /// <summary>Of each text of a message so many characters are found by their words: of a long output of a tool, its beginning.</summary>
    public const int MaxTextLength = 64 * 1024;

    /// <summary>Reads a line.</summary>
    /// <exception cref="FormatException">It is not that of a message.</exception>
    public static SegmentMessage Read(BlobLine line, long offset)
    {
        var message = SessionMessage.Parse(line.Content);
        string text = string.Join('\n', MessageText.ThatIsSaid(message).Select(static t => Excerpt.Beginning(t, MaxTextLength)));
        return new SegmentMessage(message.Role, message.PeerId, TimeOf(message), text, offset, line.Content.Length);
    }

    // What a client writes as a time may be none.
    private static DateTimeOffset TimeOf(SessionMessage message) =>
        DateTimeOffset.TryParse(
            message.CreatedAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : DateTimeOffset.MinValue;
}
