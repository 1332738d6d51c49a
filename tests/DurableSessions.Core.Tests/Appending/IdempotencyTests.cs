using DurableSessions.Core.Appending;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Appending;

/// <summary>A repeated <c>Idempotency-Key</c> is found again wherever its messages are by then.</summary>
public sealed class IdempotencyTests(SimulatedFixture storage)
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    public static TheoryData<int, int> Moments()
    {
        var moments = new TheoryData<int, int>();
        for (int steps = 0; steps <= 4; steps++)
        {
            for (int keepRecent = 0; keepRecent <= 1; keepRecent++)
            {
                moments.Add(steps, keepRecent);
            }
        }

        return moments;
    }

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task A_key_that_comes_again_finds_its_messages_at_every_step_of_a_commit(int steps, int keepRecent)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host committer = await Host.StartAsync(storage, container);
        AppendResult first = await host.AppendAsync(_key, Words.Key("k"), "a", "b");
        CommitInput commit = await committer.AcceptAsync(_key, "c1", keepRecent);
        CommitProgress staged = steps > 0 ? await committer.ArchiveToTempAsync(commit) : new CommitProgress();
        _ = steps > 1 ? await committer.ClearLiveAsync(commit, staged) : null;
        SemanticOutcome? outcome = steps > 2 ? await committer.SemanticProcessAsync(commit) : null;
        _ = steps > 3 ? await committer.SwitchAsync(commit, outcome!) : null;
        await committer.AppendAsync(_key, "c");

        using Host fresh = await Host.StartAsync(storage, container);
        foreach (Host repeating in (Host[])[host, committer, fresh, host])
        {
            AppendResult again = await repeating.AppendAsync(_key, Words.Key("k"), "a", "b");
            Assert.Equal(first.MessageIds, again.MessageIds);
        }

        await Assert.ThrowsAsync<IdempotencyKeyReusedException>(() => fresh.AppendAsync(_key, Words.Key("k", "other"), "a", "b"));
        Assert.Equal(["a", "b", "c"], (await fresh.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task One_key_on_many_hosts_at_once_is_stored_once()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host one = await Host.StartAsync(storage, container);
        using Host two = await Host.StartAsync(storage, container);
        for (int round = 0; round < 10; round++)
        {
            AppendResult[] results = await Task.WhenAll(Enumerable.Range(0, 6).Select(
                i => (i % 2 == 0 ? one : two).AppendAsync(_key, Words.Key($"k{round}"), $"m{round}")));
            Assert.Single(results.Select(static r => r.MessageIds[0]).Distinct());
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(static i => $"m{i}"), (await one.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_key_is_found_although_its_commit_ran_between_the_look_and_the_append()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host slow = await Host.StartAsync(storage, container);
        using Host host = await Host.StartAsync(storage, container);
        await slow.AppendAsync(_key, Words.Key("before"), "m0");
        var held = new HoldsRequest();
        slow.Faults.When(static r => r.Comp == "appendblock", held);
        Task<AppendResult> repeated = slow.AppendAsync(_key, Words.Key("k"), "m1");
        await held.Arrived;
        await host.AppendAsync(_key, Words.Key("k"), "m1");
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        await held.ReleaseAsync();
        await repeated;
        Assert.Equal(["m0", "m1"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_host_that_still_believes_in_a_deleted_segment_takes_a_key_all_the_same()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host stale = await Host.StartAsync(storage, container);
        using Host host = await Host.StartAsync(storage, container);
        await stale.Store.Sessions.CreateAsync(_key.Owner, "s1", new SessionSettings(), null, TestContext.Current.CancellationToken);
        await host.AppendAsync(_key, "m0");
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        await stale.AppendAsync(_key, Words.Key("k"), "m1");
        Assert.Equal(["m0", "m1"], (await stale.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task An_append_without_a_key_costs_nothing_of_it()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, Words.Key("k"), "m0");
        host.Log.Clear();
        await host.AppendAsync(_key, "m1");
        await host.AppendAsync(_key, Words.Key("k2"), "m2");
        Assert.Equal(2, host.Log.Count);
    }

    [Fact]
    public async Task A_key_is_forgotten_after_its_window_only()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, Words.Key("k"), "m0");
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));

        using Host forgetful = await Host.StartAsync(storage, container, new SessionOptions { IdempotencyWindow = TimeSpan.Zero });
        await forgetful.AppendAsync(_key, Words.Key("k"), "m0 again");
        Assert.Equal(["m0", "m0 again"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task Creating_a_session_with_a_key_creates_it_once()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        string container = (await storage.NewContainerAsync()).Name;
        using Host one = await Host.StartAsync(storage, container);
        using Host two = await Host.StartAsync(storage, container);
        SessionKey[] named = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? one : two).Store.Sessions
            .CreateAsync(_key.Owner, null, new SessionSettings(), Words.Key("k"), cancellationToken)));
        Assert.Single(named.Distinct());
        await Assert.ThrowsAsync<IdempotencyKeyReusedException>(
            () => one.Store.Sessions.CreateAsync(_key.Owner, null, new SessionSettings(), Words.Key("k", "other"), cancellationToken));
        Assert.Single((await two.Store.Sessions.ListAsync(_key.Owner, 10, null, cancellationToken)).Items);

        var settings = new SessionSettings();
        SessionKey mine = await one.Store.Sessions.CreateAsync(_key.Owner, "mine", settings, Words.Key("k2"), cancellationToken);
        Assert.Equal(mine, await two.Store.Sessions.CreateAsync(_key.Owner, "mine", settings, Words.Key("k2"), cancellationToken));
        await Assert.ThrowsAsync<SessionExistsException>(
            () => two.Store.Sessions.CreateAsync(_key.Owner, "mine", new SessionSettings(), null, cancellationToken));
    }
}
