using System.Text.Json;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>
/// What a session's <c>memory_policy</c> allows to be extracted: nothing where <c>self</c> is not enabled, otherwise the categories of
/// <c>memory_types</c>, all where it is absent. Types that the store does not have are passed over.
/// </summary>
internal static class MemoryPolicy
{
    public static IReadOnlyList<MemoryCategory> Categories(JsonElement? policy)
    {
        if (policy is not { ValueKind: JsonValueKind.Object } given)
        {
            return Enum.GetValues<MemoryCategory>();
        }

        if (given.TryGetProperty("self", out JsonElement self) && self.ValueKind == JsonValueKind.Object
            && self.TryGetProperty("enabled", out JsonElement enabled) && enabled.ValueKind == JsonValueKind.False)
        {
            return [];
        }

        return given.TryGetProperty("memory_types", out JsonElement types) && types.ValueKind == JsonValueKind.Array
            ? [.. Enum.GetValues<MemoryCategory>().Where(c => types.EnumerateArray().Any(t => Names(t, c)))]
            : Enum.GetValues<MemoryCategory>();
    }

    private static bool Names(JsonElement type, MemoryCategory category) =>
        type.ValueKind == JsonValueKind.String && string.Equals(type.GetString(), category.ToString(), StringComparison.OrdinalIgnoreCase);
}
