using DurableSessions.Core.Configuration;
using DurableSessions.Core.Deletion;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>A deletion that an operator ended, or that failed, is carried to its end by asking for it again.</summary>
[Collection(nameof(Simulated))]
public sealed class DeletionTests
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static SessionOptions Hasty => new() { TombstoneRetention = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public Task A_deletion_that_was_terminated_is_resumed_by_the_next_request_which_finds_nothing() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await host.AppendAsync(_key, "m1");
        string deletion = $"delete-{await host.Store.Sessions.IncarnationAsync(_key, Cancelled)}";
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        await host.Client.TerminateInstanceAsync(deletion, "by an operator", Cancelled);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndOfAsync(cluster, host, deletion)).RuntimeStatus);

        using Host later = await Host.RunAsync(cluster, container, Hasty);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => later.Store.Sessions.DeleteAsync(_key, Cancelled));

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await EndOfAsync(cluster, later, deletion)).RuntimeStatus);
        Assert.Empty(await LeftAsync(cluster, container));
    });

    [Fact]
    public Task A_deletion_tells_since_when_only_its_tombstone_is_left() => Simulated.RunAsync(async cluster =>
    {
        var options = new SessionOptions { TombstoneRetention = TimeSpan.FromSeconds(30) };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, options);
        await host.AppendAsync(_key, "m1");
        string deletion = $"delete-{await host.Store.Sessions.IncarnationAsync(_key, Cancelled)}";
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);

        await host.Client.WaitForInstanceAsync(deletion, static m => m.SerializedCustomStatus == "\"retained\"", Cancelled);
        OrchestrationMetadata listed = Assert.Single(
            (await host.Client.ListInstancesAsync(new OrchestrationQuery(), Cancelled)).Values, m => m.InstanceId == deletion);
        Assert.Equal("\"retained\"", listed.SerializedCustomStatus);
        Assert.Null((await EndOfAsync(cluster, host, deletion)).SerializedCustomStatus);
    });

    [Fact]
    public Task A_deletion_that_failed_before_its_tombstone_is_resumed_by_the_next_request() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container, Hasty);
        await host.AppendAsync(_key, "m1");
        string deletion = $"delete-{await host.Store.Sessions.IncarnationAsync(_key, Cancelled)}";
        await host.Client.ScheduleNewOrchestrationInstanceAsync(
            DeleteNames.Orchestrator, "no input of a deletion", new StartOrchestrationOptions(deletion), Cancelled);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await EndOfAsync(cluster, host, deletion)).RuntimeStatus);

        await host.Store.Sessions.DeleteAsync(_key, Cancelled);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await EndOfAsync(cluster, host, deletion)).RuntimeStatus);
        Assert.Empty(await LeftAsync(cluster, container));
    });

    [Fact]
    public Task A_deletion_that_is_resumed_leaves_a_session_of_the_same_id_alone() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await host.AppendAsync(_key, "old");
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        await host.Client.TerminateInstanceAsync($"delete-{incarnation}", "by an operator", Cancelled);
        await EndOfAsync(cluster, host, $"delete-{incarnation}");

        // A request that has read the tombstone, and goes on after the session has been created again.
        using Host late = await Host.RunAsync(cluster, container, Hasty);
        var held = new HoldsRequest();
        late.Faults.When(static r => r.Blob.StartsWith("orchestrations/", StringComparison.Ordinal), held);
        Task deletion = late.Store.Sessions.DeleteAsync(_key, Cancelled);
        await held.Arrived;
        await host.AppendAsync(_key, "new");
        await held.ReleaseAsync();

        await Assert.ThrowsAsync<SessionNotFoundException>(() => deletion);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await EndOfAsync(cluster, late, $"delete-{incarnation}")).RuntimeStatus);
        Assert.Equal(["new"], (await host.AuditAsync(_key)).Everything);
        Assert.DoesNotContain(await LeftAsync(cluster, container), name => name.Contains(incarnation, StringComparison.Ordinal));
    });

    private static Task<OrchestrationMetadata> EndOfAsync(SimulatedCluster cluster, Host host, string instance) =>
        host.Client.WaitForInstanceCompletionAsync(instance, Cancelled).WaitAsync(TimeSpan.FromSeconds(60), cluster.Time, Cancelled);

    private static async Task<List<string>> LeftAsync(SimulatedCluster cluster, string container) =>
        await (await cluster.ConnectAsync(container)).Container.GetBlobsAsync(cancellationToken: Cancelled)
            .Select(static b => b.Name)
            .Where(static name => !name.StartsWith("orchestrations/", StringComparison.Ordinal))
            .ToListAsync(Cancelled);
}
