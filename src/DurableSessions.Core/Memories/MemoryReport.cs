using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>What a commit's task says about memories.</summary>
public sealed record MemoryReport
{
    /// <summary>How many memories are different since, by category.</summary>
    public IReadOnlyDictionary<MemoryCategory, int> Changed { get; init; } = new Dictionary<MemoryCategory, int>();

    /// <summary>What was not extracted, or not done, and why: a commit is never silently without memories.</summary>
    public IReadOnlyList<MemorySkip> Skipped { get; init; } = [];

    /// <summary>Whether there is a <c>memory_diff.json</c>.</summary>
    public bool HasDiff { get; init; }

    internal static MemoryReport Of(MemoryDiff? diff, MemoryReport? digest) => new()
    {
        Changed = diff?.Changes.GroupBy(static c => c.Category).ToDictionary(static g => g.Key, static g => g.Count())
            ?? new Dictionary<MemoryCategory, int>(),
        Skipped = [.. digest?.Skipped ?? [], .. diff?.Skipped ?? []],
        HasDiff = diff is { Changes.Count: > 0 },
    };
}
