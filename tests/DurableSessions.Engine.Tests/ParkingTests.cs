using System.Collections.Concurrent;
using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>Instances that wait for a slot of an activity: no host owns them, and they are claimed once there is a slot.</summary>
[Collection(nameof(Simulated))]
public sealed class ParkingTests : EngineTest, IDisposable
{
    private const string Digest = "digest";

    private static readonly EngineOptions s_options = new()
    {
        Ownership = TimeSpan.FromSeconds(3),
        SweepInterval = TimeSpan.FromSeconds(10),
        MaxConcurrentActivitiesByName = new Dictionary<string, int> { [Digest] = 2 },
    };

    // More than half of the places are always taken: what has to wait is parked at once.
    private static readonly EngineOptions s_scarce = s_options with { MaxLoadedInstances = 4 };

    private readonly RequestLog _log = new();
    private readonly SemaphoreSlim _gate = new(0);
    private readonly ConcurrentDictionary<string, int> _digests = new();
    private readonly ConcurrentQueue<string> _begun = new();
    private int _ended;
    private int _running;
    private int _most;

    public ParkingTests()
    {
        Activity<string, string>(Digest, async (text, context) =>
        {
            _begun.Enqueue(text);
            await _gate.WaitAsync(context.CancellationToken);
            _digests.AddOrUpdate(text, 1, static (_, n) => n + 1);
            Interlocked.Increment(ref _ended);
            return text + "d";
        });
        Activity<string, string>("archive", (text, _) => Task.FromResult(text + "a"));
        Activity<string, string>("brief", async (text, _) =>
        {
            _most = Math.Max(_most, Interlocked.Increment(ref _running));
            await Task.Delay(TimeSpan.FromMilliseconds(50), Time, CancellationToken.None);
            Interlocked.Decrement(ref _running);
            return text;
        });
        Orchestrator<string, string>("brief", async (context, text) =>
            await context.CallActivityAsync<string>("brief", await context.CallActivityAsync<string>("brief", text)));
        Orchestrator<string, string>("digests", (context, text) => context.CallActivityAsync<string>(Digest, text));
        Orchestrator<string, string>("commit", async (context, text) =>
            await context.CallActivityAsync<string>(Digest, await context.CallActivityAsync<string>("archive", text)));
        Orchestrator<string, string>("either", async (context, text) =>
        {
            Task<string> digest = context.CallActivityAsync<string>(Digest, text);
            Task<string> go = context.WaitForExternalEvent<string>("go");
            return await await Task.WhenAny(digest, go);
        });
        Orchestrator<string, string>("timed", async (context, text) =>
        {
            Task<string> digest = context.CallActivityAsync<string>(Digest, text);
            Task timer = context.CreateTimer(TimeSpan.FromSeconds(60), CancellationToken.None);
            return await Task.WhenAny(digest, timer) == timer ? "late" : await digest;
        });
    }

    protected override TimeSpan Longest => TimeSpan.FromHours(1);

    public void Dispose() => _gate.Dispose();

    [Fact]
    public Task A_backlog_of_a_thousand_costs_no_write_and_no_place_and_delays_another_key_by_one() => RunAsync(async () =>
    {
        const int Backlog = 1_000;
        await using EmbeddedHost host = await Hub.StartAsync(
            Registry, s_options with { SweepInterval = TimeSpan.FromMinutes(10) }, _log.Configure);
        OrchestrationMetadata[] backlog = await ScheduleAsync(host, "digests", "a", Backlog);
        await UntilParkedAsync(Backlog - 2);
        string[] running = [.. backlog.Select(static m => m.SerializedInput!.Trim('"')).Intersect(_begun)];
        _log.Clear();

        await Task.Delay(s_options.Ownership * 10, Time, Deadline);
        Assert.Equal(2, running.Length);
        Assert.All(_log.Requests.Where(static r => r.IsWrite), r => Assert.Contains(running, r.Blob.Contains));
        Assert.InRange(_log.Requests.Count(static r => r.IsWrite), 2, 100);

        OrchestrationMetadata other = (await ScheduleAsync(host, "commit", "b", 1))[0];
        await UntilAsync(async () => (await host.Client.GetHistoryAsync(other.InstanceId, Deadline))!.Any(
            static e => e is { EventType: "TaskCompleted", Name: "archive" }));
        Assert.Equal(0, _ended);
        _gate.Release();
        await UntilAsync(() => _begun.Contains("b0a"));
        Assert.Equal(1, _ended);
        Assert.Equal(3, _begun.Count);

        _gate.Release(Backlog);
        await EndAllAsync(host, [.. backlog, other]);
    });

    [Fact]
    public Task An_instance_that_needs_no_busy_activity_has_a_place_beside_a_backlog() => RunAsync(async () =>
    {
        Orchestrator<string, string>("archives", (context, text) => context.CallActivityAsync<string>("archive", text));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_scarce);
        OrchestrationMetadata[] backlog = await ScheduleAsync(host, "digests", "a", 20);
        await UntilParkedAsync(18);
        await EndOf(host.Client, (await ScheduleAsync(host, "archives", "b", 1))[0]);

        Assert.Equal(0, _ended);
        _gate.Release(20);
        await EndAllAsync(host, backlog);
    });

    [Fact]
    public Task A_short_wait_costs_no_request() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(
            Registry, s_options with { SweepInterval = TimeSpan.FromMinutes(10) }, _log.Configure);
        await UntilAsync(() => _log.CountOf("GET", "orchestrations/active/", "list") == 1);
        OrchestrationMetadata[] instances = await ScheduleAsync(host, "digests", "a", 3);
        await UntilAsync(() => _begun.Count == 2);
        _gate.Release(3);
        await EndAllAsync(host, instances);

        // Each is created, written once by its owner, and ended by two requests.
        Assert.Equal(3 * 4, _log.Requests.Count(static r => r.IsWrite));
    });

    [Fact]
    public Task A_host_without_a_free_slot_leaves_parked_instances_alone_at_its_sweeps() => RunAsync(async () =>
    {
        await using EmbeddedHost first = await Hub.StartAsync(Registry, s_scarce);
        OrchestrationMetadata[] backlog = await ScheduleAsync(first, "digests", "a", 10);
        await UntilParkedAsync(8);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, s_scarce, _log.Configure);
        await UntilAsync(() => _begun.Count == 4);
        await UntilParkedAsync(6);
        string[] running = [.. _begun];
        _log.Clear();
        await Task.Delay(s_scarce.SweepInterval * 5, Time, Deadline);

        Assert.InRange(_log.CountOf("GET", "orchestrations/active/", "list"), 4, 6);
        Assert.All(
            _log.Requests.Where(static r => r.Comp != "list" && !r.Blob.StartsWith("orchestrations/alive/", StringComparison.Ordinal)),
            r => Assert.Contains(running, r.Blob.Contains));
        _gate.Release(10);
        await EndAllAsync(first, backlog);
    });

    [Fact]
    public Task What_a_dead_host_had_parked_another_one_completes() => RunAsync(async () =>
    {
        const int Backlog = 102;
        EmbeddedHost first = await Hub.StartAsync(Registry, s_scarce);
        OrchestrationMetadata[] backlog = await ScheduleAsync(first, "digests", "a", Backlog);
        await UntilParkedAsync(Backlog - 2);
        string[] ran = [.. _begun];
        await first.KillAsync();
        await using EmbeddedHost second = await Hub.StartAsync(Registry, s_scarce);
        _gate.Release(Backlog + ran.Length);

        Assert.Equal(2, ran.Length);
        await EndAllAsync(second, backlog, ran);
    });

    [Fact]
    public Task What_a_host_had_parked_that_stops_another_one_completes() => RunAsync(async () =>
    {
        EmbeddedHost first = await Hub.StartAsync(Registry, s_scarce);
        OrchestrationMetadata[] backlog = await ScheduleAsync(first, "digests", "a", 12);
        await UntilParkedAsync(10);
        await first.StopAsync();
        await using EmbeddedHost second = await Hub.StartAsync(Registry, s_scarce);
        _gate.Release(12);

        await EndAllAsync(second, backlog);
    });

    [Fact]
    public Task A_parked_instance_is_terminated_at_once() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_scarce);
        OrchestrationMetadata[] backlog = await ScheduleAsync(host, "digests", "a", 5);
        await UntilParkedAsync(3);
        OrchestrationMetadata parked = backlog.First(m => !_begun.Contains(m.InstanceId));
        await host.Client.TerminateInstanceAsync(parked.InstanceId, "no more");

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndOf(host.Client, parked)).RuntimeStatus);
        Assert.Equal(0, _ended);
        _gate.Release(5);
        await EndAllAsync(host, [.. backlog.Where(m => m != parked)]);
        Assert.DoesNotContain(parked.InstanceId, _begun);
    });

    [Fact]
    public Task A_parked_instance_takes_an_event_at_once() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_scarce, _log.Configure);
        OrchestrationMetadata[] backlog = await ScheduleAsync(host, "digests", "a", 2);
        await UntilAsync(() => _begun.Count == 2);
        OrchestrationMetadata parked = (await ScheduleAsync(host, "either", "b", 1))[0];
        await UntilParkedAsync(1);
        Assert.True(await host.Client.RaiseEventAsync(parked.InstanceId, "go", "gone"));

        Assert.Equal("\"gone\"", (await EndOf(host.Client, parked)).SerializedOutput);
        _log.Clear();
        _gate.Release(3);
        await EndAllAsync(host, backlog);

        // It is no longer looked at when a slot is free.
        Assert.DoesNotContain(_log.Requests, static r => r.Blob.Contains("b0", StringComparison.Ordinal));
    });

    [Fact]
    public Task The_timer_of_a_parked_instance_fires() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_scarce);
        OrchestrationMetadata[] backlog = await ScheduleAsync(host, "digests", "a", 2);
        await UntilAsync(() => _begun.Count == 2);
        OrchestrationMetadata parked = (await ScheduleAsync(host, "timed", "b", 1))[0];
        await UntilParkedAsync(1);

        Assert.Equal("\"late\"", (await EndOf(host.Client, parked)).SerializedOutput);
        Assert.Equal(0, _ended);
        _gate.Release(3);
        await EndAllAsync(host, backlog);
    });

    [Fact]
    public Task A_parked_instance_that_is_suspended_does_not_run_until_it_is_resumed() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_scarce);
        OrchestrationMetadata[] backlog = await ScheduleAsync(host, "digests", "a", 2);
        await UntilAsync(() => _begun.Count == 2);
        OrchestrationMetadata parked = (await ScheduleAsync(host, "digests", "b", 1))[0];
        await UntilParkedAsync(1);
        await host.Client.SuspendInstanceAsync(parked.InstanceId);
        _gate.Release(3);
        await EndAllAsync(host, backlog);
        await Task.Delay(s_scarce.SweepInterval * 3, Time, Deadline);
        Assert.Equal(2, _begun.Count);
        await host.Client.ResumeInstanceAsync(parked.InstanceId);

        await EndAllAsync(host, [parked]);
    });

    [Theory]
    [InlineData("ended elsewhere")]
    [InlineData("terminated")]
    [InlineData("suspended")]
    public Task A_slot_that_its_instance_no_longer_needs_goes_to_the_next(string change) => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_scarce with { SweepInterval = TimeSpan.FromMinutes(50) });
        OrchestrationMetadata[] backlog = await ScheduleAsync(host, "digests", "a", 2);
        await UntilAsync(() => _begun.Count == 2);
        OrchestrationMetadata changed = (await ScheduleAsync(host, "digests", "b", 1))[0];
        await UntilParkedAsync(1);
        OrchestrationMetadata next = (await ScheduleAsync(host, "digests", "c", 1))[0];
        await UntilParkedAsync(2);

        // A client of a host that runs no instance leaves the message in storage.
        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        if (change == "suspended")
        {
            await never.Client.SuspendInstanceAsync(changed.InstanceId, cancellationToken: Deadline);
        }
        else
        {
            await never.Client.TerminateInstanceAsync(changed.InstanceId, cancellationToken: Deadline);
        }

        if (change == "ended elsewhere")
        {
            EmbeddedHost other = await Hub.StartAsync(new OrchestrationRegistry());
            await EndOf(other.Client, changed);
            await other.StopAsync();
        }

        _gate.Release();
        await UntilAsync(() => _begun.Contains("c0"));
        Assert.DoesNotContain("b0", _begun);
        await host.Client.TerminateInstanceAsync(changed.InstanceId, cancellationToken: Deadline);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndOf(host.Client, changed)).RuntimeStatus);
        _gate.Release(3);
        await EndAllAsync(host, [.. backlog, next]);
    });

    [Fact]
    public Task The_history_shows_how_long_an_activity_waited_and_which_attempt_it_was() => RunAsync(async () =>
    {
        int calls = 0;
        Activity<string, string>("flaky", (text, _) =>
            Interlocked.Increment(ref calls) == 1 ? throw new InvalidOperationException("Not yet.") : Task.FromResult(text));
        Orchestrator<string, string>("twice", (context, text) => context.CallActivityAsync<string>(
            "flaky", text, new TaskOptions(new RetryPolicy(2, TimeSpan.FromSeconds(1)))));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_scarce);
        OrchestrationMetadata[] backlog = await ScheduleAsync(host, "digests", "a", 2);
        await UntilAsync(() => _begun.Count == 2);
        OrchestrationMetadata waited = (await ScheduleAsync(host, "digests", "b", 1))[0];
        await UntilParkedAsync(1);
        DateTimeOffset released = Time.GetUtcNow();
        _gate.Release(3);
        await EndAllAsync(host, [.. backlog, waited]);
        OrchestrationMetadata retried = (await ScheduleAsync(host, "twice", "c", 1))[0];
        await EndOf(host.Client, retried);

        IReadOnlyList<OrchestrationHistoryEvent> attempts = (await host.Client.GetHistoryAsync(retried.InstanceId, Deadline))!;
        IReadOnlyList<OrchestrationHistoryEvent> history = (await host.Client.GetHistoryAsync(waited.InstanceId, Deadline))!;
        Assert.True(history.Single(static e => e.EventType == "TaskScheduled").Timestamp < released);
        Assert.True(history.Single(static e => e.EventType == "TaskCompleted").StartedAt >= released);
        Assert.Equal(
            [1, 2],
            attempts.Where(static e => e.Attempt is not null).Select(static e => e.Attempt!.Value));
        Assert.Equal(2, attempts.Count(static e => e.StartedAt is not null));
        Assert.All(attempts, static e => Assert.Equal(e.StartedAt is null, e.Host is null));
    });

    [Fact]
    public async Task By_drawn_schedules_all_complete_on_two_hosts_and_none_goes_beyond_its_slots()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            int drawn = seed;
            await RunAsync(drawn % 2 == 0 ? Schedule.Uniform(drawn) : Schedule.Priorities(drawn), () => CompleteAsync($"{drawn}-"));
        }
    }

    private async Task CompleteAsync(string prefix)
    {
        EngineOptions options = s_scarce with { MaxConcurrentActivitiesByName = new Dictionary<string, int> { ["brief"] = 1 } };
        await using EmbeddedHost first = await Hub.StartAsync(Registry, options);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, options);
        OrchestrationMetadata[] instances = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            (i % 2 == 0 ? first : second).Client.ScheduleNewOrchestrationInstanceAsync(
                "brief", $"{prefix}{i}", new StartOrchestrationOptions { FairnessKey = $"{i % 3}" }, Deadline)));
        OrchestrationMetadata[] ended = await Task.WhenAll(instances.Select(i => EndOf(first.Client, i)));

        Assert.InRange(_most, 1, 2);
        Assert.Equal(
            [.. Enumerable.Range(0, 12).Select(i => $"\"{prefix}{i}\"")], ended.Select(static m => m.SerializedOutput));
    }

    public static TheoryData<string, bool> Faults => new(
        from fault in FaultNames
        from claim in (bool[])[false, true]
        select (fault, claim));

    [Theory]
    [MemberData(nameof(Faults))]
    public Task The_parking_write_and_the_claim_may_be_lost_or_doubled_and_nothing_is_done_twice(string name, bool claim) =>
        RunAsync(async () =>
        {
            (Fault fault, Func<Task> deliverAsync) = NamedFault(name);
            var transport = new FaultTransport();

            // It is created, parked and claimed, in this order.
            transport.When(
                static r => IsWriteOf(r, "active") && r.Blob.Contains("b0", StringComparison.Ordinal), fault, skip: claim ? 2 : 1);
            await using EmbeddedHost host = await Hub.StartAsync(Registry, s_scarce, transport.Configure);
            OrchestrationMetadata[] backlog = await ScheduleAsync(host, "digests", "a", 2);
            await UntilAsync(() => _begun.Count == 2);
            OrchestrationMetadata parked = (await ScheduleAsync(host, "digests", "b", 1))[0];
            await UntilParkedAsync(1);
            _gate.Release(3);
            await EndAllAsync(host, [.. backlog, parked]);
            await deliverAsync();
            Assert.Equal("\"b0d\"", (await host.Client.GetInstanceAsync(parked.InstanceId))!.SerializedOutput);
            Assert.Equal(1, _digests["b0"]);
        });

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public Task A_host_may_die_at_the_parking_write_and_at_the_claim(bool claim, bool carriedOut) => RunAsync(async () =>
    {
        var transport = new FaultTransport();
        var held = new HoldsRequest();
        transport.When(static r => IsWriteOf(r, "active") && r.Blob.Contains("b0", StringComparison.Ordinal), held, skip: claim ? 2 : 1);
        EmbeddedHost first = await Hub.StartAsync(Registry, s_scarce, transport.Configure);
        OrchestrationMetadata[] backlog = await ScheduleAsync(first, "digests", "a", 2);
        await UntilAsync(() => _begun.Count == 2);
        OrchestrationMetadata parked = (await ScheduleAsync(first, "digests", "b", 1))[0];
        if (claim)
        {
            await UntilParkedAsync(1);
            _gate.Release();
        }

        await held.Arrived.WaitAsync(Deadline);
        string[] ran = [.. _begun];
        await first.KillAsync();
        if (carriedOut)
        {
            Assert.Equal(201, await held.ReleaseAsync());
        }
        else
        {
            held.Break();
        }

        await using EmbeddedHost second = await Hub.StartAsync(Registry, s_scarce);
        _gate.Release(5);
        Assert.DoesNotContain("b0", ran);
        await EndAllAsync(second, [.. backlog, parked], ran);
    });

    private async Task<OrchestrationMetadata[]> ScheduleAsync(EmbeddedHost host, string name, string key, int count) => await Task.WhenAll(
        Enumerable.Range(0, count).Select(i => host.Client.ScheduleNewOrchestrationInstanceAsync(
            name, $"{key}{i}", new StartOrchestrationOptions($"{key}{i}") { FairnessKey = key }, Deadline)));

    // Each has ended with its digest, whose effect it has once; those that ran on a host that died may have it twice.
    private async Task EndAllAsync(
        EmbeddedHost host, IReadOnlyList<OrchestrationMetadata> instances, IReadOnlyList<string>? ranAtTheKill = null)
    {
        OrchestrationMetadata[] ended = await Task.WhenAll(instances.Select(i => EndOf(host.Client, i)));
        Assert.All(ended, static m => Assert.Equal(OrchestrationRuntimeStatus.Completed, m.RuntimeStatus));
        Assert.All(
            ended.Select(static m => m.SerializedOutput![1..^2]),
            text => Assert.InRange(_digests[text], 1, ranAtTheKill?.Contains(text) == true ? 2 : 1));
    }

    private async Task UntilParkedAsync(int count)
    {
        while ((await HeadersAsync()).Count(static h => h.IsParked) != count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), Time, Deadline);
        }
    }

    private async Task<List<InstanceHeader>> HeadersAsync()
    {
        var store = new InstanceStore(Hub.Container, Hub.Container, TimeSpan.FromSeconds(5), new StorageClock(Time));
        List<InstanceHeader> found = [];
        await foreach ((IReadOnlyList<InstanceHeader> headers, _) in
            store.ListAsync(InstanceStore.ActivePrefix, 5_000, null, null, Deadline))
        {
            found.AddRange(headers);
        }

        return found;
    }

    private async Task UntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Time, Deadline);
        }
    }
}
