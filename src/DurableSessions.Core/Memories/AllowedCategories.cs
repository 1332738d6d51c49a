using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>The categories of memories that a session's policy allows to be extracted.</summary>
internal static class AllowedCategories
{
    /// <summary>
    /// Those that the policy names, all where it names none; none where both the user's own memories and those of peers are disabled.
    /// </summary>
    public static IReadOnlyList<MemoryCategory> Of(MemoryPolicy? policy) => policy switch
    {
        { Self.Enabled: false, Peer.Enabled: false } => [],
        { MemoryTypes: { } types } => [.. Enum.GetValues<MemoryCategory>().Where(category => Names(types, category))],
        _ => Enum.GetValues<MemoryCategory>(),
    };

    // What OpenViking calls experiences are cases.
    private static bool Names(IReadOnlyList<string> types, MemoryCategory category) =>
        types.Contains(category.ToString(), StringComparer.OrdinalIgnoreCase)
        || (category == MemoryCategory.Cases && types.Contains("experiences", StringComparer.OrdinalIgnoreCase));
}
