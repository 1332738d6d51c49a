using System.Text.Json;
using System.Text.Json.Serialization;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Chat;

/// <summary>A model's answer that fits the schema.</summary>
internal sealed record ModelAnswer(string Abstract, string Overview, IReadOnlyList<MemoryChange> Memories)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Parses a digest; <see langword="null"/> where it is unusable. Texts that are too long are cut.</summary>
    public static ModelAnswer? TryRead(string text) =>
        TryRead<ModelAnswer>(text) is { } answer
            && !string.IsNullOrWhiteSpace(answer.Abstract) && !string.IsNullOrWhiteSpace(answer.Overview)
            && answer.Memories.All(static m => m?.Name is not null)
            ? answer with
            {
                Abstract = OneLine(answer.Abstract),
                Overview = Cut(answer.Overview.ReplaceLineEndings("\n").Trim(), SemanticDigest.MaxOverviewLength),
            }
            : null;

    /// <summary>Parses changes of memories alone; <see langword="null"/> where they are unusable.</summary>
    public static IReadOnlyList<MemoryChange>? TryReadMemories(string text) =>
        TryRead<OfMemories>(text)?.Memories is { } memories && memories.All(static m => m?.Name is not null) ? memories : null;

    private static T? TryRead<T>(string text)
        where T : class
    {
        string trimmed = text.Trim();
        if (trimmed.StartsWith("```", StringComparison.Ordinal) && trimmed.EndsWith("```", StringComparison.Ordinal)
            && trimmed.Contains('\n', StringComparison.Ordinal))
        {
            // Servers without structured output wrap the JSON as Markdown.
            trimmed = trimmed[(trimmed.IndexOf('\n', StringComparison.Ordinal) + 1)..^3];
        }

        try
        {
            return JsonSerializer.Deserialize<T>(trimmed, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string OneLine(string text) =>
        Cut(string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), SemanticDigest.MaxAbstractLength);

    private static string Cut(string text, int length) => text.Length <= length
        ? text
        : text[..(char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1)] + "…";

    private sealed record OfMemories(IReadOnlyList<MemoryChange> Memories);
}
