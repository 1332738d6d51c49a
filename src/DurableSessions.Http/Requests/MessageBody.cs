using System.Text;
using System.Text.Json;
using DurableSessions.Core.Messages;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>Reads the messages of a request. Their parts are stored byte for byte, except insignificant white space.</summary>
/// <remarks>
/// A client whose request is refused loses its messages: plugins of agents do not send a request again after a 400. So the contents of
/// these fields are not checked, and parts may be any objects. The README of this project lists what is refused, and why.
/// </remarks>
internal static class MessageBody
{
    // An upper bound of a line's field names, id and quotes, in bytes.
    private const int LineOverhead = 256;

    /// <summary>The one message of a body.</summary>
    public static NewMessage[] One(JsonField body) => Checked([Message(body)]);

    /// <summary>The messages that a body lists; the list may be empty.</summary>
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

    // An extension of the wire: some clients send their own id of a message. A value that is not a string is ignored.
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

    // Clients send an empty string for an absent value.
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
