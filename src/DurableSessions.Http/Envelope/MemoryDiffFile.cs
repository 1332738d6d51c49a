using System.Globalization;
using System.Text;
using System.Text.Json;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;

namespace DurableSessions.Http.Envelope;

/// <summary>The changes that a commit made to memories, as the text of OpenViking's <c>memory_diff.json</c>.</summary>
internal static class MemoryDiffFile
{
    private static readonly JsonWriterOptions Options = Wire.WriterOptions with { Indented = true, IndentSize = 4, NewLine = "\n" };

    public static string Write(SessionKey key, int archive, MemoryDiff diff)
    {
        ILookup<string, MemoryDifference> changes =
            diff.Changes.ToLookup(static c => c.Before is null ? "adds" : c.After is null ? "deletes" : "updates");
        string[] operations = ["adds", "updates", "deletes"];
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, Options))
        {
            json.WriteStartObject();
            json.WriteString("archive_uri", Wire.ArchiveUri(key, archive));
            json.WriteNull("trace_id");
            json.WriteString(
                "extracted_at", diff.AppliedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            json.WriteStartObject("operations");
            foreach (string operation in operations)
            {
                json.WriteStartArray(operation);
                foreach (MemoryDifference change in changes[operation])
                {
                    Write(json, key.User, change);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteStartObject("summary");
            foreach (string operation in operations)
            {
                json.WriteNumber($"total_{operation}", changes[operation].Count());
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    private static void Write(Utf8JsonWriter json, string user, MemoryDifference change)
    {
        json.WriteStartObject();
        json.WriteString("uri", Wire.MemoryUri(user, change.Key));
        json.WriteString("memory_type", Wire.Category(change.Category));
        if (change.After is null)
        {
            json.WriteString("deleted_content", change.Before);
        }
        else
        {
            if (change.Before is not null)
            {
                json.WriteString("before", change.Before);
            }

            json.WriteString("after", change.After);
        }

        json.WriteEndObject();
    }
}
