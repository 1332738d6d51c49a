using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Incidents;

/// <summary>
/// Memories that elsewhere were extracted twice, or silently not at all. Each test is named by the numbers of public reports.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class MemoryTests
{
    private static readonly SessionKey Key = EveryRequest.Key;

    [Fact]
    public Task Report_1508_an_interrupted_commit_changes_each_memory_once_and_calls_the_model_once_more_at_most() =>
        EveryRequest.RunAsync(async (cluster, k) =>
        {
            string[] said = ["m1", "+preferences/tea=green", "+events/one=happened"];
            string container = (await cluster.NewContainerAsync()).Name;
            var model = new FakeProcessor();
            using Host host = await Host.RunAsync(cluster, container, processor: model);
            await host.AppendAsync(Key, said);
            host.Faults.StopTheWorldAt(host.Faults.Requests + k, carriesOutTheLast: k % 2 == 0);
            Task<CommitTask> commit = host.CommitToEndAsync(Key);
            bool died = await Task.WhenAny(commit, host.Faults.Stopped) != commit;
            await host.KillAsync();

            using Host next = await Host.RunAsync(cluster, container, processor: model);
            await next.EndAllAsync();
            Assert.InRange(model.Calls, 0, 2);
            Audit audit = await next.AuditAsync(Key);
            Assert.Equal(said, audit.Everything);
            Assert.Equal(
                audit.Archives.Count == 0 ? [] : ["preferences/tea 1 green", "events/one 1 happened"], await StoredMemories.AllAsync(next));
            await StoredMemories.CheckReportsAsync(next, Key, audit.Archives.Count * 2);
            return died;
        });

    [Fact]
    public Task Report_4580_a_commit_without_memories_says_why() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        host.Processor.WithoutMemories = "the model was not asked";
        await host.AppendAsync(Key, EveryRequest.Said);
        CommitTask task = await host.CommitToEndAsync(Key);
        Assert.Equal(CommitTaskStatus.Completed, task.Status);
        Assert.Equal([new MemorySkip("the model was not asked")], task.Output!.Memories!.Skipped);
        Assert.Empty(task.Output.Memories.Changed);
    });

    [Fact]
    public Task Report_4580_memories_that_were_not_kept_are_reported_each_with_its_reason() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await host.AppendAsync(Key, "+events/kept=happened", "+events/empty=", "-events/unknown");
        CommitTask task = await host.CommitToEndAsync(Key);
        Assert.Equal(1, task.Output!.Memories!.Changed[MemoryCategory.Events]);
        Assert.Equal(
            ["empty: it has no content", "unknown: there is no such memory"],
            task.Output.Memories.Skipped.Select(static s => $"{s.Name}: {s.Reason}"));
    });

    [Fact]
    public Task Report_4580_a_model_that_fails_leaves_a_degraded_archive_that_says_why_there_are_no_memories() =>
        Simulated.RunAsync(async cluster =>
        {
            string container = (await cluster.NewContainerAsync()).Name;
            var options = new SessionOptions { Semantic = new SemanticPolicy { MaxAttempts = 1 } };
            using Host host = await Host.RunAsync(cluster, container, options);
            host.Processor.Before = static _ => throw new InvalidOperationException("the model is away");
            host.Fallback.WithoutMemories = "the built-in digest extracts no memories";
            await host.AppendAsync(Key, "m1");
            CommitTask task = await host.CommitToEndAsync(Key);
            Assert.Equal(ArchiveState.Degraded, task.Output!.State);
            Assert.Single(task.Output.Memories!.Skipped);
        });
}
