using DurableSessions.Core.Archives;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>
/// A model that was away is back: the archive that the built-in digest stood in for is digested again, then the one that was digested from
/// its overview. Where no host could start that, the next commit does.
/// </summary>
internal sealed record DigestAgain() : Scenario("digest again")
{
    private string? _degraded;

    public override bool IsPreparedOnce => true;

    public override async Task PrepareAsync(Host host)
    {
        await SayAsync(host, "p1", "+preferences/tea=green");
        host.Processor.Before = static _ => throw new IOException("The model is away.");
        CommitTask task = await host.CommitToEndAsync(Key);
        Assert.Equal(ArchiveState.Degraded, task.Output!.State);
        _degraded = task.TaskId;
        host.Processor.Before = static _ => Task.CompletedTask;
    }

    public override async Task ActAsync(Host host)
    {
        for (int i = 1; i == 1 || !await IsOverAsync(host); i++)
        {
            await SayAsync(host, $"a{i}", $"+events/e{i}=x");
            await host.EndOfAsync(Key, (await host.CommitAsync(Key, 0, Words.Key($"commit {i}"))).TaskId);
        }
    }

    public override async Task CheckAsync(Host fresh, Audit? audit)
    {
        Assert.All(audit!.Archives, static a => Assert.Equal(ArchiveState.Covered, a.State));
        IReadOnlyList<string> memories = await StoredMemories.AllAsync(fresh);
        Assert.Equal("preferences/tea 1 green", memories[0]);
        Assert.Equal(audit.Archives.Count, memories.Count);
        await StoredMemories.CheckReportsAsync(fresh, Key, memories.Count);

        CommitTask task = await fresh.Store.Tasks.GetAsync(Key.Owner, _degraded!, Cancelled);
        Assert.Equal((ArchiveState.Covered, (string?)null), (task.Output!.State, task.Output.Reason));
        Assert.Equal(1, task.Output.Memories!.Changed.Values.Sum());
    }

    // True: no archive is degraded. False: nothing is on its way that would change that.
    private static async Task<bool> IsOverAsync(Host host)
    {
        await host.EndOfDigestingAgainAsync(Key);
        IReadOnlyList<ArchiveInfo> archives = await host.Store.Archives.ListAsync(Key, 10, null, Cancelled);
        return archives.All(static a => a.State == ArchiveState.Covered);
    }
}
