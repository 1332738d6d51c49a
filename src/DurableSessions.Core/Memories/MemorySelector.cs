using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>
/// Chooses the memories that a context has room for, whole ones: profile and preferences before others; of each those with words of
/// the owner's own first, so that others neither push them out nor, by adding to them, make them fall behind; of these those changed last.
/// At most <see cref="MemoryLimits.MaxShown"/> are read.
/// </summary>
internal sealed class MemorySelector(MemoryCatalogues catalogues, MemoryContents contents)
{
    private const int ReadAtOnce = 8;

    public async Task<IReadOnlyList<Memory>> ReadAsync(
        UserKey user, MemoryView view, long tokenBudget, CancellationToken cancellationToken) =>
        await ReadAsync(user, await catalogues.ReadAsync(user, view, cancellationToken), tokenBudget, cancellationToken);

    /// <summary>Those of one peer, or the user's own, alone.</summary>
    public async Task<IReadOnlyList<Memory>> ReadAsync(
        UserKey user, string? peer, IReadOnlyList<MemoryCategory> categories, CancellationToken cancellationToken)
    {
        StoredCatalogue stored = await catalogues.LoadAsync(user, MemoryKey.ShelfOf(peer), cancellationToken);
        return await ReadAsync(
            user,
            stored.Catalogue.Memories.Where(m => m.Peer == peer && categories.Contains(m.Category)),
            long.MaxValue,
            cancellationToken);
    }

    private async Task<IReadOnlyList<Memory>> ReadAsync(
        UserKey user, IEnumerable<MemoryInfo> memoriesThere, long tokenBudget, CancellationToken cancellationToken)
    {
        var chosen = new List<MemoryInfo>();
        foreach (MemoryInfo info in memoriesThere
            .OrderBy(static m => m.Category is MemoryCategory.Profile or MemoryCategory.Preferences ? 0 : 1)
            .ThenBy(static m => m.HasOwnersWords || m.Sources == MemorySources.Owner ? 0 : 1)
            .ThenByDescending(static m => m.ChangedAt))
        {
            if (info.Tokens <= tokenBudget && chosen.Count < MemoryLimits.MaxShown)
            {
                tokenBudget -= info.Tokens;
                chosen.Add(info);
            }
        }

        var memories = new List<Memory>();
        foreach (MemoryInfo[] chunk in chosen.Chunk(ReadAtOnce))
        {
            string?[] texts = await Task.WhenAll(chunk.Select(m => contents.FindAsync(user, m, cancellationToken)));

            // One that is gone was changed a moment ago.
            memories.AddRange(chunk.Zip(texts).Where(static p => p.Second is not null).Select(static p => new Memory(p.First, p.Second!)));
        }

        return memories;
    }
}
