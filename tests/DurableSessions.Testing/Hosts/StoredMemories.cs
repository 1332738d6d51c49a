using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Testing;

/// <summary>The memories of a user, read through the public API.</summary>
internal static class StoredMemories
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Each memory as <c>category/name revision lines</c>. A change that was applied twice shows as a revision too many.</summary>
    public static async Task<IReadOnlyList<string>> AllAsync(Host host, string user = "ada", string? peer = null)
    {
        MemoryPage page = await host.Store.Memories.ListAsync(
            new UserKey("acme", user), peer, null, MemoryService.MaxPage, null, Cancelled);
        var all = new List<string>();
        foreach (MemoryInfo info in page.Items)
        {
            Memory memory = await host.Store.Memories.GetAsync(
                new UserKey("acme", user), new MemoryKey(info.Category, info.Name, peer), Cancelled);
            Assert.Equal(info, memory.Info);
            all.Add(
                $"{info.Category.ToString().ToLowerInvariant()}/{info.Name} {info.Revision} {memory.Content.Trim().Replace('\n', ' ')}");
        }

        return all;
    }

    /// <summary>The session, its tasks and the diffs of its archives tell of the same changes.</summary>
    public static async Task CheckReportsAsync(Host host, SessionKey key, int changes)
    {
        SessionInfo info = await host.Store.Sessions.GetAsync(key, false, Cancelled);
        Assert.Equal(changes, info.MemoriesExtracted);
        IReadOnlyList<CommitTask> tasks = await host.Store.Tasks.ListAsync(
            key.Owner, new CommitTaskQuery { Session = key.Id }, Cancelled);
        Assert.Equal(changes, tasks.Sum(static t => t.Output?.Memories?.Changed.Values.Sum() ?? 0));
        int inDiffs = 0;
        for (int archive = 1; archive <= info.CommitCount; archive++)
        {
            MemoryDiff? diff = await host.Store.Memories.FindDiffAsync(key, archive, Cancelled);
            inDiffs += diff?.Changes.Count ?? 0;
        }

        Assert.Equal(changes, inDiffs);
    }
}
