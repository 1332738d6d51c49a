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
        NewMessage[] messages;
        try
        {
            using JsonDocument document = RequestJsonParser.ParseMessages(input, out _);
            JsonField body = new JsonField(document.RootElement, Location.Body).Object();
            messages = body["messages"].IsGiven ? MessageBody.Batch(body) : MessageBody.One(body);
        }
        catch (ApiException)
        {
            return;
        }

        foreach (NewMessage message in messages)
        {
            CheckStored(message);
        }
    }

    private static void CheckStored(NewMessage message)
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
        Expect.Same(message.TurnId, Reference.Text(Reference.Last(root, "turn_id")));
        if (message.SourceMessageIds is { } sources)
        {
            Expect.That(sources.SequenceEqual(root.GetProperty("source_message_ids").EnumerateArray().Select(static s => s.GetString()!)));
        }
    }
}
