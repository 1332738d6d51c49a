using System.Text.Json;
using System.Text.Json.Serialization;

namespace DurableSessions.Core.Identities;

/// <summary>A commit's id is its text, in storage and in histories.</summary>
internal sealed class CommitIdConverter : JsonConverter<CommitId>
{
    public override CommitId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("A commit's id is null."));

    public override void Write(Utf8JsonWriter writer, CommitId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
