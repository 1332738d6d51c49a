using System.Globalization;
using System.Text.Json;
using DurableSessions.Core.Messages;

namespace DurableSessions.Benchmarks.Quality;

/// <summary>What one of the two said.</summary>
/// <param name="Id">Sitting and place in it, both from 1: <c>D1:3</c>.</param>
/// <param name="Speaker">A name.</param>
/// <param name="Text">The words.</param>
/// <param name="Time">When, in steps of a minute from the sitting's begin.</param>
internal sealed record Turn(string Id, string Speaker, string Text, DateTime Time)
{
    public static Turn Of(JsonElement turn, DateTime time) => new(
        turn.GetProperty("dia_id").GetString()!, turn.GetProperty("speaker").GetString()!, turn.GetProperty("text").GetString()!, time);

    public NewMessage Message => new()
    {
        Role = "user",
        PeerId = Speaker,
        CreatedAt = Time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        Parts = JsonSerializer.SerializeToUtf8Bytes(new[] { new { type = "text", text = Text } }),
    };
}
