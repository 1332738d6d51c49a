using DurableSessions.Core.Identities;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>
/// The segments of a user with eight archives are merged, while a client does something else. The store merges after one commit in 16, so a
/// start that fails is made again.
/// </summary>
internal abstract record MergeScenario(string Name, int Others) : Scenario(Name)
{
    public override bool IsPreparedOnce => true;

    public override bool IsCheckedAtWork => true;

    public override string? OnlySession => Key.Id;

    public override async Task PrepareAsync(Host host)
    {
        await SayAsync(host, "p1");
        await host.CommitToEndAsync(Key);
        await SayAsync(host, "p2");
        await host.CommitToEndAsync(Key);
        for (int i = 1; i <= Others; i++)
        {
            SessionKey other = Other(i);
            await host.AppendAsync(other, $"other{i}");
            await host.CommitToEndAsync(other);
        }

        await host.QuietAsync();
    }

    /// <summary>Sessions whose archives are merged with those of <see cref="Scenario.Key"/>.</summary>
    protected static SessionKey Other(int number) => Key with { Id = $"o{number}" };

    protected static async Task<ListedSegment[]> ListAsync(Host host) =>
        await host.Merger.ListAsync(Key.Owner, BlobNames.SearchOfUser(Key.Owner), Cancelled).ToArrayAsync(Cancelled);

    /// <summary>Each message of the others is found once, but for those of a session that is deleted.</summary>
    protected async Task CheckOthersAsync(Host fresh, int? deleted = null)
    {
        await fresh.MergeToEndAsync(Key.Owner);
        string query = string.Join(' ', Enumerable.Range(1, Others).Select(static i => $"other{i}"));
        Assert.Equal(
            Enumerable.Range(1, Others).Where(i => i != deleted).Select(static i => (SessionKey?)Other(i)),
            (await fresh.Store.MemorySearch.SearchAsync(Key.Owner, query, 10, where: null, Cancelled))
                .Select(static h => h.Archive?.Session)
                .OrderBy(static k => k?.Id, StringComparer.Ordinal));
        ListedSegment[] left = await ListAsync(fresh);
        Assert.InRange(left.Length, 1, MergePlan.Width - 1);
    }

    public override Task CheckAsync(Host fresh, Audit? audit) => CheckOthersAsync(fresh);
}

internal sealed record Merge() : MergeScenario("merge", Others: 6)
{
    public override Task ActAsync(Host host) => host.MergeToEndAsync(Key.Owner);
}

internal sealed record MergeBesideCommit() : MergeScenario("merge beside a commit", Others: 6)
{
    public override async Task ActAsync(Host host)
    {
        Task merging = host.MergeToEndAsync(Key.Owner);
        await SayAsync(host, "a1");
        await host.EndOfAsync(Key, (await host.CommitAsync(Key, 0, Words.Key("commit"))).TaskId);
        await merging;
    }
}

internal sealed record MergeBesideDelete() : MergeScenario("merge beside a deletion of one of its sessions", Others: 6)
{
    public override async Task ActAsync(Host host)
    {
        Task merging = host.MergeToEndAsync(Key.Owner);
        try
        {
            await host.Store.Sessions.DeleteAsync(Other(2), Cancelled);
        }
        catch (Core.Errors.SessionNotFoundException)
        {
            // The first attempt has done it.
        }

        await merging;
    }

    public override Task CheckAsync(Host fresh, Audit? audit) => CheckOthersAsync(fresh, deleted: 2);
}

internal sealed record MergeTwiceAtOnce() : MergeScenario("two hosts merge at once", Others: 6)
{
    // A host that was taken for dead goes on, beside the one that the instance is now with.
    public override async Task ActAsync(Host host)
    {
        Task merging = host.MergeToEndAsync(Key.Owner);
        ListedSegment[] all = await ListAsync(host);
        if (all.Length >= MergePlan.Width - 1)
        {
            MergedSegments merged = await host.Merger.MergeAsync(new MergeGroup(Key.Owner, all[..(MergePlan.Width - 1)]), Cancelled);
            if (merged.Merged.Count > 0)
            {
                await host.Merger.DeleteAsync(merged, Cancelled);
            }
        }

        await merging;
    }
}
