using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Deletion;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>The backlog of one user does not delay another's: what is done for a user has that user's fairness key.</summary>
[Collection(nameof(Simulated))]
public sealed class FairnessTests
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_wait_for_all_of_a_user_reads_what_that_user_has_running() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var release = new TaskCompletionSource();
        var processor = new FakeProcessor { Before = token => release.Task.WaitAsync(token) };
        using Host host = await Host.RunAsync(cluster, container, processor: processor, engine: new EngineOptions());
        for (int user = 0; user < 10; user++)
        {
            SessionKey other = new("acme", $"user{user}", "s1");
            await host.AppendAsync(other, "m1");
            await host.CommitAsync(other);
        }

        using Host asked = await Host.StartAsync(cluster, container);
        await asked.Store.Tasks.WaitForAllAsync(_key.Owner, Cancelled);
        Assert.Equal(1, asked.Log.Count);

        await asked.AppendAsync(_key, "m1");
        CommitTask task = await host.CommitAsync(_key);
        asked.Log.Clear();
        Task waiting = asked.Store.Tasks.WaitForAllAsync(_key.Owner, Cancelled);
        await asked.QuietAsync();
        Assert.InRange(asked.Log.Count, 2, 8);
        release.SetResult();
        await waiting;
        Assert.Equal(CommitTaskStatus.Completed, (await asked.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)).Status);
    });

    [Fact]
    public Task Every_orchestration_has_the_fairness_key_of_its_user() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, blobs.Name, new SessionOptions
        {
            Semantic = new SemanticPolicy { MaxAttempts = 1, Timeout = TimeSpan.FromSeconds(10) },
        });
        var policy = new AutoCommitPolicy { MessageCountThreshold = 3, IdleTimeoutSeconds = 600 };
        await host.Store.Sessions.CreateAsync(_key.Owner, _key.Id, new SessionSettings { AutoCommitPolicy = policy }, null, Cancelled);
        host.Processor.Before = static _ => throw new IOException("The model is away.");
        await host.AppendAsync(_key, "m1");
        await host.CommitToEndAsync(_key);
        host.Processor.Before = static _ => Task.CompletedTask;
        await host.AppendAsync(_key, "m2");
        await host.CommitToEndAsync(_key);
        await host.EndOfDigestingAgainAsync(_key);
        await host.AppendAsync(_key, "m3", "m4", "m5", "m6");
        await host.EndAllAsync();
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);

        List<BlobItem> instances = await blobs.GetBlobsAsync(
            new GetBlobsOptions { Prefix = "orchestrations/", Traits = BlobTraits.Metadata }, Cancelled).ToListAsync(Cancelled);
        Assert.All(instances, static i => Assert.Equal("acme%2Fada", i.Metadata["fairnesskey"]));
        Assert.Equal(3, instances.Count(static i => i.Metadata["name"] == CommitNames.Orchestrator));
        Assert.Equal(
            [.. ((string[])
            [
                CommitNames.Orchestrator, CommitNames.DigestAgainOrchestrator, DeleteNames.Orchestrator, IdleNames.Orchestrator,
            ]).Order(StringComparer.Ordinal)],
            instances.Select(static i => Uri.UnescapeDataString(i.Metadata["name"])).Distinct().Order(StringComparer.Ordinal));
    });
}
