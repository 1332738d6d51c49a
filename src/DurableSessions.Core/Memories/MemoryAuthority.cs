using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>
/// What a change of memories may do, by its sources. The owner's words alone may do everything. All else, and what is unknown, may only add
/// to entities, events and cases: it changes no profile and no preferences, replaces nothing and deletes nothing.
/// </summary>
public static class MemoryAuthority
{
    /// <summary>Why a change is refused for its sources; <see langword="null"/>: they allow it.</summary>
    public static string? Refusal(MemoryChange change) =>
        change.Sources == MemorySources.Owner
            ? null
            : change.Category is not (MemoryCategory.Entities or MemoryCategory.Events or MemoryCategory.Cases)
                ? "only the owner's own words change profile and preferences"
                : change.Operation is not (MemoryOperation.Create or MemoryOperation.Merge)
                    ? "only the owner's own words replace or delete a memory"
                    : null;

    /// <summary>
    /// The sources of what comes from both. Unknown sources stay unknown beside the owner's; of other sources the known ones remain,
    /// which are not the owner's alone either.
    /// </summary>
    public static MemorySources? Union(MemorySources? first, MemorySources? second)
    {
        if (first is { } one && second is { } other)
        {
            return one | other;
        }

        MemorySources known = first ?? second ?? MemorySources.None;
        return (known & ~MemorySources.Owner) == MemorySources.None ? null : known;
    }
}
