using System.Text;
using DurableSessions.Core.Messages;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>Reads the messages of a request. Their parts are kept to the byte, but for white space between them.</summary>
internal static class MessageBody
{
    private const int MaxRoleLength = 64;
    private const int MaxCreatedAtLength = 64;
    private const int MaxIdLength = 128;
    private const int MaxSources = 100;

    // More than the names of a line's fields, its id and its quotes take.
    private const int LineOverhead = 256;

    private static readonly string[] Kinds = ["user_query", "assistant_step", "tool_transport", "checkpoint"];

    /// <summary>The message that a body is.</summary>
    public static NewMessage[] One(JsonField body) => Checked([Message(body)]);

    /// <summary>The messages that a body lists; none is allowed.</summary>
    public static NewMessage[] Batch(JsonField body) =>
        Checked([.. body["messages"].Items(MessageLimits.MaxBatch).Select(static m => Message(m.Object()))]);

    private static NewMessage Message(JsonField message) => new()
    {
        Role = message["role"].Label(MaxRoleLength),
        Parts = Parts(message),
        CreatedAt = Optional(message["created_at"], MaxCreatedAtLength),
        PeerId = Optional(message["peer_id"], int.MaxValue) is { } peer ? Ids.Check(peer, message.At.At("peer_id")) : null,
        TurnId = message["turn_id"] is { IsSet: true } turn ? turn.Label(MaxIdLength) : null,
        MessageKind = Kind(message["message_kind"]),
        SourceMessageIds = message["source_message_ids"] is { IsSet: true } sources
            ? [.. sources.Items(MaxSources).Select(static s => s.Label(MaxIdLength))]
            : null,
    };

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
            foreach (JsonField part in parts.Items())
            {
                PartRules.Check(part.Object());
            }

            return JsonMinifier.Minify(parts.Raw);
        }

        return content.IsSet
            ? [.. """[{"type":"text","text":"""u8, .. content.Raw, .. "}]"u8]
            : throw content.Invalid("is required, unless there are parts.", "missing");
    }

    // Empty means none, as clients send it.
    private static string? Optional(JsonField field, int maxLength) =>
        !field.IsSet || (field.Value.ValueKind == System.Text.Json.JsonValueKind.String && field.Text().Length == 0) ? null : field.Label(maxLength);

    private static string? Kind(JsonField kind)
    {
        if (!kind.IsSet)
        {
            return null;
        }

        return Kinds.Contains(kind.Text(), StringComparer.Ordinal)
            ? kind.Text()
            : throw kind.Invalid($"must be one of {string.Join(", ", Kinds)}.", "literal_error");
    }

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
