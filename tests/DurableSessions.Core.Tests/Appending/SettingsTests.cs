using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Appending;

/// <summary>A change of settings is applied, its answer is lost, and the session goes on before the host asks again.</summary>
public sealed class SettingsTests(SimulatedFixture storage)
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_segment_is_not_named_again_after_a_commit_has_taken_it()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host committer = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m1");
        (Task<SessionSettings> change, HoldsRequest retry) = await ConfigureWithLostAnswerAsync(host, 5);
        await committer.CommitAsync(await committer.AcceptAsync(_key, "c1"));

        Assert.Equal(412, await retry.ReleaseAsync());

        Assert.Equal(5, (await change).AutoCommitPolicy?.MessageCountThreshold);
        await host.AppendAsync(_key, "m2");
        Assert.Equal(["m1", "m2"], (await committer.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task It_is_not_applied_again_over_a_later_one_while_its_segment_is_there()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host other = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m1");
        (Task<SessionSettings> change, HoldsRequest retry) = await ConfigureWithLostAnswerAsync(host, 5);
        await other.AppendAsync(_key, "m2");
        await ConfigureAsync(other, 7);
        Assert.Equal(412, await retry.ReleaseAsync());
        await change;

        using Host fresh = await Host.StartAsync(storage, container);
        Assert.Equal(7, (await fresh.Store.Sessions.GetAsync(_key, false, Cancelled)).Settings.AutoCommitPolicy?.MessageCountThreshold);
    }

    private async Task<(Task<SessionSettings> Change, HoldsRequest Retry)> ConfigureWithLostAnswerAsync(Host host, int threshold)
    {
        var retry = new HoldsRequest();
        host.Faults.When(static r => r.Is("PUT", "manifests/"), Fault.DropAnswer).When(static r => r.Is("PUT", "manifests/"), retry);
        Task<SessionSettings> change = ConfigureAsync(host, threshold);
        await retry.Arrived;
        return (change, retry);
    }

    private Task<SessionSettings> ConfigureAsync(Host host, int threshold) => host.Store.Sessions.ConfigureAsync(
        _key, settings => settings with { AutoCommitPolicy = new AutoCommitPolicy { MessageCountThreshold = threshold } }, Cancelled);
}
