using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace DurableSessions.Server.Clients;

/// <summary>Messages: as people read them, and of files.</summary>
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

    /// <summary>The values of a file: those of a JSON array, or one after the other. One at a time is in memory.</summary>
    /// <param name="stream">The file, from its start.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ClientException">It is no JSON.</exception>
    public static async IAsyncEnumerable<JsonElement> ReadAsync(
        Stream stream, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int first = FirstByte(stream);
        stream.Position = 0;
        var options = new JsonSerializerOptions { MaxDepth = Json.MaxDepth };
        IAsyncEnumerable<JsonElement> values = JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(
            stream, topLevelValues: first != '[', options, cancellationToken);
        await using IAsyncEnumerator<JsonElement> next = values.GetAsyncEnumerator(cancellationToken);
        int read = 0;
        while (true)
        {
            try
            {
                if (!await next.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (JsonException e)
            {
                throw new ClientException($"{name}: not JSON behind message {read}: {e.Message}");
            }

            read++;
            yield return next.Current.ValueKind == JsonValueKind.Object
                ? next.Current
                : throw new ClientException($"{name}: value {read} is no message, which is a JSON object.");
        }
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

    private static int FirstByte(Stream stream)
    {
        int next;
        do
        {
            next = stream.ReadByte();
        }
        while (next is ' ' or '\r' or '\n' or '\t');
        return next;
    }
}
