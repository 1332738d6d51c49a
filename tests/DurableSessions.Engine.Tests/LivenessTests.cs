using System.Collections.Concurrent;
using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Engine.Tests;

/// <summary>Hosts say that they live, once for all their instances, and others claim what those have that no longer do.</summary>
[Collection(nameof(Simulated))]
public sealed class LivenessTests : EngineTest
{
    private const string Alive = "orchestrations/alive/";
    private const string Active = "orchestrations/active/";

    // Of 15 s; a host says that it lives after 5.
    private static readonly EngineOptions s_options = new() { MaxConcurrentActivities = 100 };
    private static readonly EngineOptions s_sweepsSeldom = s_options with { SweepInterval = TimeSpan.FromHours(1) };
    private static readonly EngineOptions s_sweepsOften = s_options with { SweepInterval = TimeSpan.FromSeconds(1) };
    private static readonly TimeSpan s_turn = s_options.RenewalInterval;
    private static readonly TimeSpan s_jitter = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_atOnce = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, int> _calls = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _cancelled = new();
    private readonly TaskCompletionSource _gate = new();

    public LivenessTests()
    {
        Activity<int, int>("work", WorkAsync);
        Orchestrator<int, int>("flow", (context, hanging) => context.CallActivityAsync<int>("work", hanging));
        Orchestrator<int, int>("woken", async (context, hanging) =>
        {
            await context.WaitForExternalEvent<string>("go");
            return await context.CallActivityAsync<int>("work", hanging);
        });
    }

    protected override TimeSpan Longest => TimeSpan.FromHours(3);

    /// <summary>By how many minutes the clock of one host is ahead, and that of the other.</summary>
    public static TheoryData<int, int> Skews => StorageClockTests.Skews;

    public static TheoryData<string, string> Faults =>
        [.. FaultNames.SelectMany(static _ => new[] { "PUT", "GET", "DELETE" }, static (fault, method) => (fault, method))];

    [Fact]
    public Task A_host_says_that_it_lives_once_for_all_its_instances() => RunAsync(async () =>
    {
        RequestLog owners = new(), others = new();
        await using EmbeddedHost other = await Hub.StartAsync(Registry, s_options, others.Configure);
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, owners.Configure);
        await StartHangingAsync(owner, 40);
        await WaitAsync(20);
        owners.Clear();
        await WaitAsync(60);
        Assert.InRange(owners.CountOf("PUT", Alive), 11, 13);
        Assert.Equal(0, owners.CountOf("PUT", Active));
        Assert.InRange(owners.Count, 11, 13 + 2);
        Assert.DoesNotContain(others.Requests, static r => r.Blob.StartsWith(Active, StringComparison.Ordinal));
        Assert.All(_calls.Values, static n => Assert.Equal(1, n));
    });

    [Fact]
    public Task Hosts_are_listed_as_they_live_and_die() => RunAsync(async () =>
    {
        await using EmbeddedHost other = await Hub.StartAsync(Registry, s_sweepsSeldom with { HostName = "other" });
        await using EmbeddedHost asked = await Hub.StartAsync(Registry, s_sweepsSeldom with { HostName = "asked" });
        await WaitAsync(1);
        Assert.Equal([new OrchestrationHost("asked", true, true, null)], await asked.Hosts.ListAsync(Deadline));

        DateTimeOffset began = Hub.Time.GetUtcNow();
        await StartHangingAsync(other, 1);
        await WaitAsync(10);
        OrchestrationHost[] both = [.. await asked.Hosts.ListAsync(Deadline)];
        Assert.Equal([("asked", true, true), ("other", false, true)], both.Select(static h => (h.Name, h.IsThis, h.IsAlive)));
        Assert.InRange(both[1].LastSeen!.Value, began.AddSeconds(-1), Hub.Time.GetUtcNow());
        Assert.Equal("other", (await other.Hosts.ListAsync(Deadline))[0].Name);

        await other.KillAsync();
        await WaitAsync(20);
        Assert.Equal((false, false), (await asked.Hosts.ListAsync(Deadline)).Select(static h => (h.IsThis, h.IsAlive)).Last());
    });

    [Fact]
    public Task A_host_that_is_alone_and_idle_says_nothing() => RunAsync(async () =>
    {
        var log = new RequestLog();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_options, log.Configure);
        await WaitAsync(2);
        _gate.SetResult();
        await EndOf(host.Client, (await StartHangingAsync(host, 1))[0]);
        await WaitAsync(120);
        Assert.DoesNotContain(log.Requests, static r => r.Is(r.Method, Alive));
    });

    [Fact]
    public Task A_host_that_runs_instances_alone_asks_for_no_other() => RunAsync(async () =>
    {
        var log = new RequestLog();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_options, log.Configure);
        await StartHangingAsync(host, 5);
        await WaitAsync(300);
        Assert.Equal(1, log.CountOf("GET", Alive, "list"));
        Assert.InRange(log.CountOf("PUT", Alive), 58, 61);
    });

    [Fact]
    public Task A_host_that_runs_for_longer_than_its_ownership_is_renewed_before_that_is_over() => RunAsync(async () =>
    {
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, s_options);
        OrchestrationMetadata instance = (await StartHangingAsync(owner, 1))[0];
        foreach (int _ in Enumerable.Range(0, 60))
        {
            await WaitAsync(10);
            Assert.InRange((await ReadAsync(instance)).OwnedUntil!.Value - Time.GetUtcNow(), s_turn, s_options.CoveredOwnership);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2.5)]
    [InlineData(4)]
    [InlineData(4.9)]
    public Task What_a_dead_host_had_goes_on_in_time(double seconds) => RunAsync(async () =>
    {
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options);
        List<OrchestrationMetadata> instances = [.. await StartHangingAsync(owner, 5)];
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_sweepsSeldom);
        await WaitAsync(20);
        instances.AddRange(await StartHangingAsync(owner, 5));
        await WaitAsync(20 + seconds);
        instances.AddRange(await StartHangingAsync(owner, 5));
        await DieAsync(owner, instances, peer, s_options.Ownership + s_turn + s_atOnce);
    });

    [Fact]
    public Task What_a_client_asks_for_goes_on_in_time_though_no_sweep_has_seen_it() => RunAsync(async () =>
    {
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_sweepsSeldom);
        await WaitAsync(1);
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options);
        OrchestrationMetadata[] instances = await StartHangingAsync(owner, 1);
        await WaitAsync(40);
        Assert.False((await peer.Client.GetInstanceAsync(instances[0].InstanceId, Deadline))!.IsCompleted);
        await DieAsync(owner, instances, peer, s_options.Ownership + s_turn + s_atOnce);
    });

    [Fact]
    public Task What_a_host_has_dropped_it_runs_again() => RunAsync(async () =>
    {
        FaultTransport transport = new();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_sweepsSeldom, transport.Configure);
        OrchestrationMetadata[] instances = await StartHangingAsync(host, 1);
        await WaitAsync(40);
        transport.When(static r => r.Is("PUT", Active), Fault.Respond(403, "AuthorizationFailure"));
        DateTimeOffset dropped = Time.GetUtcNow();
        Task raised = host.Client.RaiseEventAsync(instances[0].InstanceId, "any", "thing", Deadline);
        await UntilAsync(() => _calls.Values.All(static n => n == 2));
        Assert.InRange(Time.GetUtcNow() - dropped, TimeSpan.Zero, s_options.Ownership + s_atOnce);
        await Record.ExceptionAsync(() => raised);
        _gate.SetResult();
        await EndAllAsync(host, instances);
    });

    [Fact]
    public Task What_begins_again_is_renewed_like_any_other() => RunAsync(async () =>
    {
        FaultTransport transport = new();
        Orchestrator<int, int>("twice", async (context, run) =>
        {
            if (run == 0)
            {
                await context.WaitForExternalEvent<string>("go");
                context.ContinueAsNew(1);
                return 0;
            }

            return await context.CallActivityAsync<int>("work", 0);
        });
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, transport.Configure);
        await StartHangingAsync(owner, 1);
        await WaitAsync(20);
        OrchestrationMetadata instance = await owner.Client.ScheduleNewOrchestrationInstanceAsync("twice", 0);
        await owner.Client.RaiseEventAsync(instance.InstanceId, "go", "on", Deadline);
        await UntilAsync(() => _calls.Count == 2);
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_sweepsOften);
        await WaitAsync(20);
        transport.When(static r => r.Is("PUT", Alive), Fault.Respond(403, "AuthorizationFailure"), times: int.MaxValue);
        await WaitAsync(120);
        Assert.All(_calls.Values, static n => Assert.Equal(1, n));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task A_host_is_dead_when_its_ownership_is_over_not_at_the_next_look_after_that(int seconds) => RunAsync(async () =>
    {
        var log = new RequestLog();
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, log.Configure);
        OrchestrationMetadata[] instances = await StartHangingAsync(owner, 5);
        await WaitAsync(seconds);
        EngineOptions options = s_sweepsSeldom with { Ownership = TimeSpan.FromSeconds(10) };
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, options);
        await WaitAsync(40);
        log.Clear();
        await UntilAsync(() => log.CountOf("PUT", Alive) == 1);
        await DieAsync(owner, instances, peer, s_options.Ownership + options.RenewalInterval + s_jitter);
    });

    [Theory]
    [MemberData(nameof(Skews))]
    public Task Clocks_that_differ_neither_steal_nor_delay(int owners, int others) => RunAsync(async () =>
    {
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, time: Clock(owners));
        await WaitAsync(1);
        List<OrchestrationMetadata> instances = [.. await StartHangingAsync(owner, 5)];
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_options, time: Clock(others));
        await WaitAsync(45);
        instances.AddRange(await StartHangingAsync(owner, 5));
        await WaitAsync(200);
        Assert.All(_calls.Values, static n => Assert.Equal(1, n));
        await DieAsync(owner, instances, peer, s_options.Ownership + 2 * s_turn + s_atOnce);
    });

    [Fact]
    public Task A_host_that_starts_after_all_have_died_need_not_wait() => RunAsync(async () =>
    {
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options);
        OrchestrationMetadata[] instances = await StartHangingAsync(owner, 10);
        await WaitAsync(30);
        await owner.KillAsync();
        await WaitAsync(30);
        Assert.True((await ReadAsync(instances[0])).OwnedUntil > Time.GetUtcNow() + TimeSpan.FromMinutes(1));
        _gate.SetResult();
        DateTimeOffset started = Time.GetUtcNow();
        await using EmbeddedHost next = await Hub.StartAsync(Registry, s_options);
        await EndAllAsync(next, instances);
        Assert.InRange(Time.GetUtcNow() - started, TimeSpan.Zero, s_atOnce);
    });

    [Fact]
    public Task What_a_dead_host_had_is_claimed_by_one_peer_each() => RunAsync(async () =>
    {
        RequestLog[] logs = [new(), new()];
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options);
        OrchestrationMetadata[] instances = await StartHangingAsync(owner, 60);
        await using EmbeddedHost first = await Hub.StartAsync(Registry, s_options, logs[0].Configure);
        await WaitAsync(1.3);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, s_options, logs[1].Configure);
        await WaitAsync(60);
        Assert.All(logs, static log => Assert.DoesNotContain(log.Requests, static r => r.Is("GET", Active + "i")));
        await owner.KillAsync();
        await UntilAsync(() => _calls.Values.All(static n => n == 2));
        Assert.Equal(60, logs.Sum(static log => log.CountOf("PUT", Active)));
        await WaitAsync(60);
        Assert.All(_calls.Values, static n => Assert.Equal(2, n));
        StorageRequest[] requests = [.. logs.SelectMany(static log => log.Requests)];
        Assert.DoesNotContain(requests, static r => r.Status == 412);
        StorageRequest[] reads = [.. requests.Where(static r => r.Is("GET", Active + "i"))];
        Assert.Equal(60, reads.Length);
        Assert.Equal(60, reads.Select(static r => r.Blob).Distinct().Count());
        Assert.All(logs, log => Assert.InRange(log.CountOf("GET", Active + "i"), 15, 45));
    });

    [Fact]
    public Task What_the_first_peer_has_no_room_for_the_next_one_claims() => RunAsync(async () =>
    {
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options);
        await StartHangingAsync(owner, 60);
        await using EmbeddedHost small = await Hub.StartAsync(Registry, s_options with { MaxLoadedInstances = 5 });
        await using EmbeddedHost large = await Hub.StartAsync(Registry, s_options);
        await WaitAsync(60);
        await owner.KillAsync();
        DateTimeOffset died = Time.GetUtcNow();
        await UntilAsync(() => _calls.Values.All(static n => n == 2));
        Assert.InRange(Time.GetUtcNow() - died, TimeSpan.Zero, s_options.Ownership + 3 * s_turn + s_atOnce);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_host_that_was_suspended_gives_up_what_it_has_lost(bool isMachine) => RunAsync(async () =>
    {
        var time = new SuspendableTime(Time, isMachine);
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, time: time);
        OrchestrationMetadata[] instances = await StartHangingAsync(owner, 10);
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_options);
        await WaitAsync(41);
        time.Suspend();
        await UntilAsync(() => _calls.Values.All(static n => n == 2));
        await WaitAsync(30);
        Assert.Empty(_cancelled);
        time.GoOn();
        DateTimeOffset goneOn = Time.GetUtcNow();
        await UntilAsync(() => _cancelled.Count == 10);
        Assert.InRange(Time.GetUtcNow() - goneOn, TimeSpan.Zero, s_turn + s_atOnce);
        _gate.SetResult();
        await EndAllAsync(owner, instances);
        Assert.All(_calls.Values, static n => Assert.Equal(2, n));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_host_that_cannot_say_that_it_lives_renews_its_instances(bool isLater) => RunAsync(async () =>
    {
        FaultTransport transport = new();
        var log = new RequestLog();
        await using EmbeddedHost owner = await Hub.StartAsync(
            Registry, s_options, options =>
            {
                transport.Configure(options);
                log.Configure(options);
            });
        OrchestrationMetadata[] instances = await StartHangingAsync(owner, 10);
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_sweepsOften);
        await (isLater ? WaitAsync(61.7) : Task.CompletedTask);
        transport.When(static r => r.Is("PUT", Alive), Fault.Respond(403, "AuthorizationFailure"), times: int.MaxValue);
        await WaitAsync(120);
        log.Clear();
        await WaitAsync(60);
        Assert.InRange(log.CountOf("PUT", Active), 10 * 11, 10 * 13);
        Assert.All(_calls.Values, static n => Assert.Equal(1, n));
        await DieAsync(owner, instances, peer, s_options.Ownership + s_atOnce);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_host_that_was_idle_is_not_taken_for_dead_when_it_has_something_to_do(bool isClaimed) => RunAsync(async () =>
    {
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, s_sweepsSeldom);
        OrchestrationMetadata waiting = await owner.Client.ScheduleNewOrchestrationInstanceAsync("woken", 1);
        await WaitAsync(2);
        OrchestrationMetadata running = (await StartHangingAsync(owner, 1))[0];
        await using EmbeddedHost other = await Hub.StartAsync(Registry, s_sweepsOften);
        await WaitAsync(20);
        await owner.Client.TerminateInstanceAsync(running.InstanceId, null, Deadline);
        await EndOf(owner.Client, running);
        await WaitAsync(300);
        Assert.True(await IsThereAsync());
        _calls.Clear();
        if (isClaimed)
        {
            await owner.Client.RaiseEventAsync(waiting.InstanceId, "go", "on", Deadline);
        }
        else
        {
            await owner.Client.ScheduleNewOrchestrationInstanceAsync("flow", 1);
        }

        await WaitAsync(60);
        Assert.All(_calls.Values, static n => Assert.Equal(1, n));
        Assert.Single(_calls);
    });

    [Fact]
    public Task What_a_host_of_an_earlier_version_has_is_claimed_once_its_ownership_has_lapsed() => RunAsync(async () =>
    {
        DateTimeOffset began = Time.GetUtcNow();
        await PutOwnedAsync("i1", "earlier/1", began - TimeSpan.FromHours(1), began + TimeSpan.FromMinutes(2));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_sweepsOften);
        await UntilAsync(() => !_calls.IsEmpty);
        Assert.InRange(Time.GetUtcNow() - began, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2) + s_atOnce);
    });

    [Fact]
    public Task The_blobs_of_dead_hosts_are_removed_after_ten_minutes() => RunAsync(async () =>
    {
        RequestLog log = new();
        await PutOwnedAsync("i1", "earlier/1", Time.GetUtcNow(), Time.GetUtcNow() + TimeSpan.FromDays(1));
        foreach (int i in Enumerable.Range(0, 25))
        {
            await SayAsync($"dead-{i}", 15);
        }

        await SayAsync("longer", 60);
        await SayAsync("other", null);
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_options, log.Configure);
        await WaitAsync(590);
        Assert.Equal(0, log.CountOf("DELETE", Alive));
        await WaitAsync(11);
        Assert.Equal(10, log.CountOf("DELETE", Alive));
        await WaitAsync(60);
        Assert.Equal(25, log.CountOf("DELETE", Alive));
        await WaitAsync(28 * 60);
        Assert.Equal(25, log.CountOf("DELETE", Alive));
        await WaitAsync(2 * 60);
        Assert.Equal(26, log.CountOf("DELETE", Alive));
        Assert.True(await Hub.Container.GetBlobClient(Alive + "other").ExistsAsync(Deadline));
    });

    [Fact]
    public Task The_blob_of_a_host_that_has_come_back_is_not_removed() => RunAsync(async () =>
    {
        var held = new HoldsRequest();
        var transport = new FaultTransport();
        transport.When(static r => r.Is("DELETE", Alive), held);
        await PutOwnedAsync("i1", "earlier/1", Time.GetUtcNow(), Time.GetUtcNow() + TimeSpan.FromDays(1));
        await SayAsync("dead", 15);
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_options, transport.Configure);
        await WaitAsync(598);
        await UntilAsync(() => held.Arrived.IsCompleted);
        await SayAsync("dead", 15);
        Assert.Equal(412, await held.ReleaseAsync());
        await WaitAsync(60);
        Assert.True(await Hub.Container.GetBlobClient(Alive + "dead").ExistsAsync(Deadline));
    });

    [Fact]
    public Task A_host_that_comes_to_run_something_removes_what_others_have_left() => RunAsync(async () =>
    {
        await SayAsync("dead", 15);
        await WaitAsync(700);
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_options);
        await WaitAsync(60);
        Assert.True(await Hub.Container.GetBlobClient(Alive + "dead").ExistsAsync(Deadline));
        await StartHangingAsync(host, 1);
        await WaitAsync(10);
        Assert.False(await Hub.Container.GetBlobClient(Alive + "dead").ExistsAsync(Deadline));
    });

    [Fact]
    public Task What_an_earlier_start_of_a_named_host_had_goes_on_at_once() => RunAsync(async () =>
    {
        EngineOptions named = s_options with { HostName = "a" };
        EmbeddedHost first = await Hub.StartAsync(Registry, named);
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_options);
        await WaitAsync(1);
        OrchestrationMetadata[] instances = await StartHangingAsync(first, 10);
        await WaitAsync(60);
        await first.KillAsync();
        await WaitAsync(1);

        // The successor cannot run them.
        await using EmbeddedHost second = await Hub.StartAsync(new OrchestrationRegistry(), named);
        DateTimeOffset began = Time.GetUtcNow();
        _gate.SetResult();
        await EndAllAsync(peer, instances);
        Assert.InRange(Time.GetUtcNow() - began, TimeSpan.Zero, 2 * s_turn + s_atOnce);
    });

    [Fact]
    public Task What_a_host_claimed_before_it_took_its_name_stays_its_own() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_options with { HostName = "a" }, started: false);
        await StartHangingAsync(host, 5);
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_sweepsOften);
        await WaitAsync(22);
        await host.StartedAsync();
        await WaitAsync(300);
        Assert.All(_calls.Values, static n => Assert.Equal(1, n));
    });

    [Fact]
    public Task A_host_that_stops_removes_its_blob_once_it_has_given_all_back() => RunAsync(async () =>
    {
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, s_options);
        await StartHangingAsync(owner, 3);
        await WaitAsync(20);
        Assert.True(await IsThereAsync());
        await owner.StopAsync();
        Assert.False(await IsThereAsync());
    });

    [Fact]
    public Task What_a_host_that_stops_cannot_give_back_goes_on_in_time() => RunAsync(async () =>
    {
        FaultTransport transport = new();
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, transport.Configure);
        OrchestrationMetadata[] instances = await StartHangingAsync(owner, 3);
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_options);
        await WaitAsync(40);
        transport.When(static r => r.Is("PUT", Active), Fault.NeverAnswer, times: int.MaxValue);
        await owner.StopAsync();
        DateTimeOffset stopped = Time.GetUtcNow();
        Assert.True(await IsThereAsync());
        _gate.SetResult();
        await EndAllAsync(peer, instances);
        Assert.InRange(Time.GetUtcNow() - stopped, TimeSpan.Zero, s_options.Ownership + 2 * s_turn);
    });

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Whatever_comes_of_its_requests_nothing_is_lost(string fault, string method) => RunAsync(async () =>
    {
        await SayAsync("dead", 15);
        await WaitAsync(700);
        List<Func<Task>> deliveries = [];
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, Faulty(fault, method, deliveries));
        OrchestrationMetadata[] instances = await StartHangingAsync(owner, 5);
        await using EmbeddedHost peer = await Hub.StartAsync(Registry, s_options, Faulty(fault, method, deliveries));
        await WaitAsync(90);
        foreach (Func<Task> deliver in deliveries)
        {
            await deliver();
        }

        await WaitAsync(90);
        Assert.All(_calls.Values, static n => Assert.Equal(1, n));
        await DieAsync(owner, instances, peer, s_options.Ownership + 2 * s_turn);
        Assert.All(_calls.Values, static n => Assert.Equal(2, n));
    });

    [Fact]
    public Task Of_the_hosts_that_live_one_has_the_first_turn_for_each_instance() => RunAsync(() =>
    {
        (string Name, KnownHosts Hosts)[] observers =
        [
            .. Enumerable.Range(0, 3).Select(_ =>
            {
                HostIdentity identity = Identity();
                var hosts = new KnownHosts(identity, s_options.Ownership, s_turn, Time);
                return (identity.Current.Name, hosts);
            }),
        ];
        LivenessSign dead = Sign("dead", null) with { LastModified = Time.GetUtcNow() - TimeSpan.FromMinutes(1) };
        var listing = new LivenessListing(
            [dead, .. observers.Select(o => Sign(o.Name, null))], Time.GetUtcNow(), Time.GetTimestamp(), Time.GetTimestamp());
        Assert.All(observers, o => Assert.True(o.Hosts.Take(listing)));
        Assert.All(observers, o => Assert.False(o.Hosts.Take(listing)));
        int[] first = new int[3];
        foreach (int i in Enumerable.Range(0, 300))
        {
            double[] turns = [.. observers.Select(o => SecondsTo(o.Hosts, o.Hosts.FindDeath(dead.Host)!, $"i{i}"))];
            Assert.Equal([0, 5, 10], turns.Order());
            first[Array.IndexOf(turns, 0)]++;
        }

        Assert.All(first, static n => Assert.InRange(n, 60, 140));
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_later_start_of_its_name_has_the_first_turn_of_all() => RunAsync(() =>
    {
        var hosts = new KnownHosts(Identity(), s_options.Ownership, s_turn, Time);
        hosts.Take(new LivenessListing([Sign("a", 2)], Time.GetUtcNow(), Time.GetTimestamp(), Time.GetTimestamp()));
        Assert.Null(hosts.FindDeath(new OwnerHost("a", 2)));
        Assert.Null(hosts.FindDeath(new OwnerHost("a", 3)));
        Assert.Null(hosts.FindDeath(new OwnerHost("a", null)));
        HostDeath death = hosts.FindDeath(new OwnerHost("a", 1))!;
        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal(5, SecondsTo(hosts, death, $"i{i}")));
        return Task.CompletedTask;
    });

    [Fact]
    public Task What_a_host_claims_itself_shows_no_other() => RunAsync(async () =>
    {
        HostIdentity identity = Identity();
        var others = new OtherHosts(identity, Time);
        others.Saw(identity.NewOwner());
        Assert.False(others.AreAround);
        others.Saw("b/1");
        Assert.True(others.AreAround);
        await WaitAsync(599);
        Assert.True(others.AreAround);
        await WaitAsync(2);
        Assert.False(others.AreAround);
    });

    [Theory]
    [InlineData("vm-0f8f/12", "vm-0f8f", null)]
    [InlineData("a/7/12", "a", 7L)]
    public void An_owner_names_its_host(string owner, string name, long? start) =>
        Assert.Equal(new OwnerHost(name, start), OwnerHost.Of(owner));

    [Theory]
    [InlineData(null)]
    [InlineData("a")]
    [InlineData("a/x/1")]
    public void An_owner_of_another_form_names_none(string? owner) => Assert.Null(OwnerHost.Of(owner));

    private HostIdentity Identity() => new(new HostStarts(Hub.Container, Time), NullLogger.Instance);

    // The simulated clock goes on a little each time it is read.
    private static double SecondsTo(KnownHosts hosts, HostDeath death, string id) =>
        Math.Abs(Math.Round(hosts.TurnIn(death, id).TotalSeconds));

    private LivenessSign Sign(string host, long? start) =>
        new(new OwnerHost(host, start), s_options.Ownership, new ETag(host), Time.GetUtcNow());

    private Action<BlobClientOptions> Faulty(string fault, string method, List<Func<Task>> deliveries)
    {
        var transport = new FaultTransport();
        foreach (int skip in Enumerable.Range(0, 3))
        {
            (Fault injected, Func<Task> deliver) = NamedFault(fault);
            transport.When(r => r.Is(method, Alive), injected, skip: skip);
            deliveries.Add(deliver);
        }

        return transport.Configure;
    }

    private async Task<int> WorkAsync(int hanging, TaskActivityContext context)
    {
        int call = _calls.AddOrUpdate(context.InstanceId, 1, static (_, n) => n + 1);
        if (call > hanging && hanging > 0)
        {
            return call;
        }

        try
        {
            await _gate.Task.WaitAsync(context.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            _cancelled.TryAdd(context.InstanceId, Time.GetUtcNow());
            throw;
        }

        return call;
    }

    // Each of them has one activity that runs until the gate is open, in each of its calls.
    private async Task<OrchestrationMetadata[]> StartHangingAsync(EmbeddedHost host, int count)
    {
        int before = _calls.Count;
        OrchestrationMetadata[] instances = await Task.WhenAll(Enumerable.Range(before, count).Select(i =>
            host.Client.ScheduleNewOrchestrationInstanceAsync(
                "flow", 0, new StartOrchestrationOptions(string.Create(CultureInfo.InvariantCulture, $"i{i:D3}")))));
        await UntilAsync(() => _calls.Count >= before + count);
        return instances;
    }

    // The host dies, and each of its instances ends at another one in time.
    private async Task DieAsync(EmbeddedHost host, IReadOnlyList<OrchestrationMetadata> instances, EmbeddedHost other, TimeSpan within)
    {
        await host.KillAsync();
        DateTimeOffset died = Time.GetUtcNow();
        await UntilAsync(() => _calls.Values.All(static n => n == 2));
        Assert.InRange(Time.GetUtcNow() - died, TimeSpan.Zero, within);
        _gate.SetResult();
        await EndAllAsync(other, instances);
    }

    private async Task EndAllAsync(EmbeddedHost host, IReadOnlyList<OrchestrationMetadata> instances)
    {
        foreach (OrchestrationMetadata instance in instances)
        {
            Assert.Equal(OrchestrationRuntimeStatus.Completed, (await EndOf(host.Client, instance)).RuntimeStatus);
        }
    }

    private Task WaitAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Time, Deadline);

    private SkewedTime Clock(int minutesAhead) => new(Time, TimeSpan.FromMinutes(minutesAhead));

    private async Task<InstanceDocument> ReadAsync(OrchestrationMetadata instance) => InstanceDocument.FromJson(
        (await Hub.Container.GetBlobClient($"{Active}{instance.InstanceId}.json").DownloadContentAsync(Deadline)).Value.Content);

    // The container has the blob of one host at most, in the tests that ask for it.
    private async Task<bool> IsThereAsync() => await Hub.Container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = Alive }, Deadline).AnyAsync(Deadline);

    private Task SayAsync(string host, int? ownership) => Hub.Container.GetBlobClient(Alive + host).UploadAsync(
        BinaryData.Empty,
        new BlobUploadOptions
        {
            Metadata = ownership is null ? null : new Dictionary<string, string> { ["ownership"] = $"{ownership}" },
        },
        Deadline);

    private Task PutOwnedAsync(string id, string owner, DateTimeOffset updated, DateTimeOffset until)
    {
        var store = new InstanceStore(Hub.Container, Hub.Container, TimeSpan.FromSeconds(5), new StorageClock(Time));
        InstanceDocument instance = InstanceDocument.New("flow", id, "0", updated) with { Owner = owner, OwnedUntil = until };
        return store.CreateAsync(instance, store.ClientDeadline, Deadline);
    }
}
