using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace DurableSessions.Server.Clients;

/// <summary>Messages: as people read them, and as batches.</summary>
internal static class Messages
{
    /// <summary>A message with its parts, for people.</summary>
    public static void Write(TextWriter output, JsonElement message)
    {
        string peer = Json.Text(message, "peer_id") is { Length: > 0 } name ? $" ({Shown.Line(name)})" : "";
        string time = Column.Short(Json.Text(message, "created_at"));
        output.WriteLine($"[{Shown.Line(time)}] {Shown.Line(Json.Text(message, "role"))}{peer}  {Shown.Line(Json.Text(message, "id"))}");
        foreach (JsonElement part in Json.Find(message, "parts")?.EnumerateArray() ?? default)
        {
            output.WriteLine(Shown.Text(Json.Text(part, "type") switch
            {
                "text" => Json.Text(part, "text"),
                "tool" => $"tool {Json.Text(part, "tool_name")} {Json.Text(part, "tool_status")}: "
                    + $"{Json.Text(part, "tool_input")} {Json.Text(part, "tool_output")}",
                _ => part.GetRawText(),
            }));
        }

        output.WriteLine();
    }

    /// <summary>Batches within the limits of a server. A message is never divided.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<JsonElement>> BatchAsync(
        IAsyncEnumerable<JsonElement> messages, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batch = new List<JsonElement>();
        long bytes = 0;
        await foreach (JsonElement message in messages.WithCancellation(cancellationToken))
        {
            int more = Encoding.UTF8.GetByteCount(message.GetRawText());
            if (batch.Count == SessionApi.MaxBatch || (batch.Count > 0 && bytes + more > SessionApi.MaxBatchBytes))
            {
                yield return batch;
                batch = [];
                bytes = 0;
            }

            batch.Add(message);
            bytes += more;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }
}
