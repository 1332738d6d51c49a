using System.Text;
using System.Text.Json;
using DurableSessions.Core.Messages;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>Reads the messages of a request. Their parts are kept to the byte, but for white space between them.</summary>
/// <remarks>
/// A client that is refused loses what was said: agents' plugins take a 400 for an end, and go on. So what these fields hold is not
/// judged here, and parts may be anything; what is refused, and why, is in the README beside this project.
/// </remarks>
internal static class MessageBody
{
    // More than the names of a line's fields, its id and its quotes take.
    private const int LineOverhead = 256;

    /// <summary>The message that a body is.</summary>
    public static NewMessage[] One(JsonField body) => Checked([Message(body)]);

    /// <summary>The messages that a body lists; none is allowed.</summary>
    public static NewMessage[] Batch(JsonField body) =>
        Checked([.. body["messages"].Items(MessageLimits.MaxBatch).Select(static m => Message(m.Object()))]);

    private static NewMessage Message(JsonField message) => new()
    {
        Role = Name(message["role"]),
        Parts = Parts(message),
        CreatedAt = Optional(message["created_at"]),
        PeerId = Optional(message["peer_id"])?.Trim() is { Length: > 0 } peer ? peer : null,
        TurnId = Optional(message["turn_id"]),
        MessageKind = Optional(message["message_kind"]),
        SourceMessageIds = message["source_message_ids"] is { IsSet: true } sources
            ? [.. sources.Items(MessageLimits.MaxSources).Select(Name)]
            : null,
        ClientId = ClientId(message["message_id"]),
    };

    // Not the wire's: some clients send what they call a message along with it. What is no text is none.
    private static string? ClientId(JsonField id) =>
        id.Value.ValueKind == JsonValueKind.String && id.Text() is { Length: > 0 and <= MessageLimits.MaxNameLength } name ? name : null;

    private static byte[] Parts(JsonField message)
    {
        JsonField content = message["content"];
        if (content.IsSet)
        {
            content.RequireText();
        }

        JsonField parts = message["parts"];
        if (parts.IsSet)
        {
            foreach (JsonField part in parts.Items(MessageLimits.MaxParts))
            {
                part.Object();
            }

            return JsonMinifier.Minify(parts.Raw);
        }

        return content.IsSet
            ? [.. """[{"type":"text","text":"""u8, .. content.Raw, .. "}]"u8]
            : throw content.Invalid("is required, unless there are parts.", "missing");
    }

    // Empty means none, as clients send it.
    private static string? Optional(JsonField field) => field.IsSet && Name(field) is { Length: > 0 } name ? name : null;

    private static string Name(JsonField field) => field.Text() is { Length: <= MessageLimits.MaxNameLength } name
        ? name
        : throw field.Invalid($"must be at most {MessageLimits.MaxNameLength} characters.", "string_too_long");

    private static NewMessage[] Checked(NewMessage[] messages) => messages.Sum(Bytes) <= MessageLimits.MaxAppendBytes
        ? messages
        : throw new ApiException(ApiError.TooLarge("The messages of one request", MessageLimits.MaxAppendBytes));

    private static long Bytes(NewMessage message) =>
        LineOverhead
        + message.Parts.Length
        + new[] { message.Role, message.CreatedAt, message.PeerId, message.TurnId, message.MessageKind }
            .Concat(message.SourceMessageIds ?? [])
            .Sum(static text => text is null ? 0 : (long)Encoding.UTF8.GetByteCount(text) + 4);
}
