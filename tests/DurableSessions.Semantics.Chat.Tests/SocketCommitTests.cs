using DurableSessions.Core.Memories;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>A sample of <see cref="ChatCommitTests"/> over real HTTP to model and storage.</summary>
public sealed class SocketCommitTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData(null)]
    [InlineData(12)]
    public async Task A_commit_pays_each_answer_once_though_its_host_dies(int? diesAt)
    {
        await using StubModel stub = await StubModel.StartAsync();
        int answers = 0;
        stub.Says = _ => StubModel.Digest(
            "line",
            $"overview {Interlocked.Increment(ref answers)}",
            new { operation = "merge", category = "events", name = "e", content = "a fact" });
        string container = (await azurite.NewContainerAsync()).Name;
        using ChatHost host = await ChatHost.RunAsync(azurite, container, stub);
        await host.AppendAsync(ChatCommitTests.Said);
        host.Faults.StopTheWorldAt(diesAt is { } k ? host.Faults.Requests + k : int.MaxValue, carriesOutTheLast: true);
        Task<CommitTask> commit = host.CommitToEndAsync();
        if (diesAt is not null)
        {
            await host.Faults.Stopped.WaitAsync(host.Patience, TestContext.Current.CancellationToken);
            await host.KillAsync();
        }

        using ChatHost? heir = diesAt is null ? null : await ChatHost.RunAsync(azurite, container, stub);
        CommitTask task = heir is null ? await commit : Assert.Single(await heir.EndAllAsync());
        int windows = stub.Questions.Count;
        Assert.InRange(windows, 2, 10);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Covered), (task.Status, task.Output!.State!.Value));
        Assert.Equal(new TokenUsage(100 * windows, 10 * windows, windows, 40 * windows, 4 * windows), task.Output.Usage);
        Memory memory = await (heir ?? host).Store.Memories.GetAsync(
            ChatHost.Key.Owner, MemoryCategory.Events, "e", TestContext.Current.CancellationToken);
        Assert.Equal(1, memory.Info.Revision);
    }
}
