using DurableSessions.Core.Deletion;
using DurableSessions.Core.Sessions;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>A deletion that an operator ended, or that failed, is carried to its end by asking for it again.</summary>
public sealed class DeletionTests(AzuriteFixture azurite)
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static SessionOptions Hasty => new() { TombstoneRetention = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public async Task A_deletion_that_was_terminated_is_resumed_by_the_next_request_which_finds_nothing()
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(azurite, container);
        await host.AppendAsync(_key, "m1");
        string deletion = $"delete-{await host.Store.Sessions.IncarnationAsync(_key, Cancelled)}";
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        await host.Client.TerminateInstanceAsync(deletion, "by an operator", Cancelled);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndOfAsync(host, deletion)).RuntimeStatus);

        using Host later = await Host.RunAsync(azurite, container, Hasty);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => later.Store.Sessions.DeleteAsync(_key, Cancelled));

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await EndOfAsync(later, deletion)).RuntimeStatus);
        Assert.Empty(await LeftAsync(container));
    }

    [Fact]
    public async Task A_deletion_that_failed_before_its_tombstone_is_resumed_by_the_next_request()
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(azurite, container, Hasty);
        await host.AppendAsync(_key, "m1");
        string deletion = $"delete-{await host.Store.Sessions.IncarnationAsync(_key, Cancelled)}";
        await host.Client.ScheduleNewOrchestrationInstanceAsync(
            DeleteNames.Orchestrator, "no input of a deletion", new StartOrchestrationOptions(deletion), Cancelled);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await EndOfAsync(host, deletion)).RuntimeStatus);

        await host.Store.Sessions.DeleteAsync(_key, Cancelled);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await EndOfAsync(host, deletion)).RuntimeStatus);
        Assert.Empty(await LeftAsync(container));
    }

    [Fact]
    public async Task A_deletion_that_is_resumed_leaves_a_session_of_the_same_id_alone()
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(azurite, container);
        await host.AppendAsync(_key, "old");
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        await host.Client.TerminateInstanceAsync($"delete-{incarnation}", "by an operator", Cancelled);
        await EndOfAsync(host, $"delete-{incarnation}");

        // A request that has read the tombstone, and goes on after the session has been created again.
        using Host late = await Host.RunAsync(azurite, container, Hasty);
        var held = new Held();
        late.Faults.When(static r => r.Blob.StartsWith("orchestrations/", StringComparison.Ordinal), held);
        Task deletion = late.Store.Sessions.DeleteAsync(_key, Cancelled);
        await held.Arrived;
        await host.AppendAsync(_key, "new");
        await held.ReleaseAsync();

        await Assert.ThrowsAsync<SessionNotFoundException>(() => deletion);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await EndOfAsync(late, $"delete-{incarnation}")).RuntimeStatus);
        Assert.Equal(["new"], (await host.AuditAsync(_key)).Everything);
        Assert.DoesNotContain(await LeftAsync(container), name => name.Contains(incarnation, StringComparison.Ordinal));
    }

    private static Task<OrchestrationMetadata> EndOfAsync(Host host, string instance) =>
        host.Client.WaitForInstanceCompletionAsync(instance, Cancelled).WaitAsync(TimeSpan.FromSeconds(60), Cancelled);

    private async Task<List<string>> LeftAsync(string container) =>
        await (await azurite.ConnectAsync(container)).Container.GetBlobsAsync(cancellationToken: Cancelled)
            .Select(static b => b.Name)
            .Where(static name => !name.StartsWith("orchestrations/", StringComparison.Ordinal))
            .ToListAsync(Cancelled);
}
