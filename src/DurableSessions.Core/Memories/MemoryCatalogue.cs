
namespace DurableSessions.Core.Memories;

/// <summary>
/// The one mutable truth of a user's own memories, or of those of the user's peers, replaced as a whole by compare-and-swap. The contents
/// lie in blobs of their own, which are written once: so all changes that a commit makes in one catalogue come into force together, by
/// one swap.
/// </summary>
internal sealed record MemoryCatalogue
{
    public int Format { get; init; } = 1;

    /// <summary>Drawn anew for each write, so that a writer whose answer was lost recognises its own write.</summary>
    public string WriteId { get; init; } = "";

    public long Generation { get; init; }

    /// <summary>In the order of peer, category and name; at most <see cref="MemoryLimits.MaxMemories"/>.</summary>
    public IReadOnlyList<MemoryInfo> Memories { get; init; } = [];

    /// <summary>
    /// Commits whose changes are in, for as long as they are open: only an open commit can be applied (again).
    /// </summary>
    public IReadOnlyList<AppliedCommit> Applied { get; init; } = [];

    /// <summary>The key that took changes back last: the swap that did it wrote this, and only another key's takes it out.</summary>
    public UndoRequest? Undone { get; init; }

    public MemoryInfo? Find(MemoryKey memory) => Memories.FirstOrDefault(m => m.Key == memory);

    /// <summary>The catalogue with one memory replaced, added, or taken out.</summary>
    public MemoryCatalogue With(MemoryKey key, MemoryInfo? memory) => this with
    {
        Memories =
        [
            .. Memories.Where(m => m.Key != key)
                .Concat(memory is null ? [] : [memory])
                .OrderBy(static m => m.Peer, StringComparer.Ordinal)
                .ThenBy(static m => m.Category)
                .ThenBy(static m => m.Name, StringComparer.Ordinal),
        ],
    };
}
