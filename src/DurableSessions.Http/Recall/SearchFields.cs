using System.Text.Json;
using DurableSessions.Core.Recall;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Recall;

/// <summary>The fields that the searches of OpenViking have in common.</summary>
internal static class SearchFields
{
    // What would leave hits out, and is not served: a client that asks for it must not take the others for the answer.
    private static readonly string[] s_unsupported = ["image_url", "level"];

    private const int MostAsked = 1_000_000;

    private const string Memory = "memory";

    private const int MaxKinds = 100;

    private static readonly string[] s_contextTypes = [Memory, "resource", "skill"];

    /// <summary>The query. It must say something.</summary>
    public static string Query(JsonField body)
    {
        foreach (string name in s_unsupported)
        {
            if (body[name] is { IsSet: true } field && !IsEmpty(field))
            {
                throw field.Invalid("is not supported here; leave it out.", "unsupported");
            }
        }

        string query = body["query"].Text();
        return string.IsNullOrWhiteSpace(query)
            ? throw body["query"].Invalid("must have a word to look for.", "string_length")
            : query;
    }

    /// <summary>Below it plugins leave a hit out.</summary>
    public const double PluginScore = 0.35;

    /// <summary>The most hits that a client asks for; above <see cref="MemorySearch.MaxHits"/> it gets these.</summary>
    public static int Limit(JsonField field) => Math.Min(field.Integer(1, MostAsked), MemorySearch.MaxHits);

    /// <summary>A score, 0 to 1; above 1 it is read as 1.</summary>
    public static double Score(JsonField field, double otherwise) => field.IsSet ? field.Number(0, 1) : otherwise;

    /// <summary>A URI, a list of them, or none. Another user's is not found.</summary>
    public static IReadOnlyList<VikingUri> Targets(JsonField field, Caller caller)
    {
        if (!field.IsSet || IsEmpty(field))
        {
            return [];
        }

        VikingUri[] targets = field.Value.ValueKind == JsonValueKind.Array
            ? [.. field.Items(FindRequest.MaxTargets).Select(f => VikingUri.Of(f, caller))]
            : [VikingUri.Of(field, caller)];
        return targets.FirstOrDefault(static t => t.IsForeign) is { } foreign
            ? throw foreign.FolderNotFound()
            : targets;
    }

    /// <summary>
    /// Whether the kinds that a client wants hold memories: words in any case, with commas between them, or a list of such; it may name
    /// none.
    /// </summary>
    public static bool WantsMemories(JsonField field)
    {
        if (!field.IsSet || IsEmpty(field))
        {
            return true;
        }

        string[] kinds =
        [
            .. (field.Value.ValueKind == JsonValueKind.Array ? field.Items(MaxKinds) : [field]).SelectMany(Kinds),
        ];
        return kinds.Length == 0 || kinds.Contains(Memory, StringComparer.OrdinalIgnoreCase);

        static string[] Kinds(JsonField field)
        {
            string[] named = field.Text().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return named.All(static k => s_contextTypes.Contains(k, StringComparer.OrdinalIgnoreCase))
                ? named
                : throw field.Invalid($"must be one of {string.Join(", ", s_contextTypes)}.", "literal_error");
        }
    }

    /// <summary>Whether a field has a value; plugins send an empty one for none.</summary>
    public static bool IsGiven(JsonField field) => field.IsSet && !IsEmpty(field);

    private static bool IsEmpty(JsonField field) => field.Value.ValueKind switch
    {
        JsonValueKind.String => field.Value.ValueEquals(""u8),
        JsonValueKind.Array => field.Value.GetArrayLength() == 0,
        JsonValueKind.Object => !field.Value.EnumerateObject().Any(),
        _ => false,
    };
}
