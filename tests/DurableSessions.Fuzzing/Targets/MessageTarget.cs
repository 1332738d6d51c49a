using System.Text.Json;
using DurableSessions.Core.Messages;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>
/// Messages of a request. One that is accepted is stored on one line, and reads from there as it was sent, its parts to the byte; retention
/// knows the same of it before and after.
/// </summary>
internal static class MessageTarget
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 31, 9, 0, 0, TimeSpan.Zero);

    public static void Run(byte[] input)
    {
        try
        {
            using JsonDocument document = RequestJsonParser.ParseMessages(input, out _);
            JsonField body = new JsonField(document.RootElement, Location.Body).Object();
            bool isBatch = body["messages"].IsGiven;
            NewMessage[] messages = isBatch ? MessageBody.Batch(body) : MessageBody.One(body);
            JsonElement[] sent = isBatch ? [.. body["messages"].Value.EnumerateArray()] : [document.RootElement];
            Expect.Same(sent.Length, messages.Length);
            foreach ((JsonElement one, NewMessage message) in sent.Zip(messages))
            {
                CheckStored(one, message);
            }
        }
        catch (ApiException)
        {
            // Refused: nothing is stored.
        }
    }

    private static void CheckStored(JsonElement sent, NewMessage message)
    {
        var id = MessageId.NewRandom();
        byte[] line = message.ToLine(id, s_now);
        Expect.That(!line.AsSpan().Contains((byte)'\n'));
        var stored = SessionMessage.Parse(line);
        Expect.Same(id.ToString(), stored.Id);
        Expect.Same(message.Role, stored.Role);
        Expect.Same(message.SaidAt(s_now), stored.CreatedAt);
        Expect.Same(message.PeerId, stored.PeerId);
        Expect.Same(message.MessageKind, stored.MessageKind);
        Expect.Same(message.Shape(), MessageShape.Of(stored));
        using JsonDocument? reference = Reference.TryParse(line, MessageLimits.MaxStoredDepth, uniqueNames: true);
        Expect.That(reference is not null);
        JsonElement root = reference!.RootElement;
        Expect.SameBytes(
            message.Parts.Span, System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(root.GetProperty("parts")), "parts");
        if (sent.TryGetProperty("parts", out JsonElement parts) && parts.ValueKind != JsonValueKind.Null)
        {
            Expect.That(Reference.AreSame(parts, root.GetProperty("parts")));
        }
        else
        {
            Expect.Same(sent.GetProperty("content").GetString(), stored.Parts[0].Text);
        }

        Expect.Same(sent.GetProperty("role").GetString(), stored.Role);
        Expect.Same(message.TurnId, Reference.Text(Reference.Last(root, "turn_id")));
        if (message.SourceMessageIds is { } sources)
        {
            Expect.That(sources.SequenceEqual(root.GetProperty("source_message_ids").EnumerateArray().Select(static s => s.GetString()!)));
        }
    }
}
