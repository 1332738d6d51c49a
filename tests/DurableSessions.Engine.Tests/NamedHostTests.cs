using System.Collections.Concurrent;
using System.Text.Json;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;
using DurableSessions.Engine.Hosts;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>A host that is started again under its name, and two that have one name by mistake.</summary>
[Collection(nameof(Simulated))]
public sealed class NamedHostTests : EngineTest
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<Task<string>> _answers = new();
    private int _calls;

    public static TheoryData<FaultKind, int> Points =>
        [.. Enum.GetValues<FaultKind>().SelectMany(static kind => new[] { (kind, 1), (kind, 2) })];

    public NamedHostTests()
    {
        Activity<int, string>("ask", (_, _) =>
        {
            Interlocked.Increment(ref _calls);
            return _answers.TryDequeue(out Task<string>? answer) ? answer : Task.FromResult("plain");
        });
        Orchestrator<int, string>("one", async (context, _) => await context.CallActivityAsync<string>("ask", 1));
    }

    protected override TimeSpan Longest => TimeSpan.FromHours(1);

    private static EngineOptions Named(string? name) =>
        new() { HostName = name, Ownership = TimeSpan.FromMinutes(1), SweepInterval = TimeSpan.FromSeconds(5) };

    [Theory]
    [InlineData("a", "a", false, true)]
    [InlineData("a", "a", true, true)]
    [InlineData("a", "b", false, false)]
    [InlineData("a", null, false, false)]
    [InlineData(null, "a", false, false)]
    public Task A_host_that_is_started_again_under_its_name_goes_on_at_once(string? before, string? after, bool isAsked, bool atOnce) =>
        RunAsync(async () =>
        {
            await using EmbeddedHost first = await StartAsync(Named(before));
            OrchestrationMetadata instance = await StartHangingAsync(first);
            await first.KillAsync();
            DateTimeOffset killed = Time.GetUtcNow();
            await using EmbeddedHost second = await StartAsync(Named(after), started: false);
            await second.StartedAsync();
            while (isAsked && _calls == 1)
            {
                await second.Client.GetInstanceAsync(instance.InstanceId, Deadline);
                await Task.Delay(TimeSpan.FromMilliseconds(10), Time, Deadline);
            }

            await UntilAsync(() => _calls == 2);
            TimeSpan took = Time.GetUtcNow() - killed;
            Assert.True(atOnce == took < AtOnce, $"It took {took}.");
        });

    [Fact]
    public Task A_message_that_crosses_its_claim_does_not_make_it_wait() => RunAsync(async () =>
    {
        await using EmbeddedHost first = await StartAsync(Named("a"));
        OrchestrationMetadata instance = await StartHangingAsync(first);
        await first.KillAsync();
        var held = new HoldsRequest();
        var transport = new FaultTransport();
        transport.When(static r => IsWriteOf(r, "active"), held);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, Named("a"), transport.Configure);
        await using EmbeddedHost other = await Hub.StartAsync(Registry, Named(null));
        await held.Arrived.WaitAsync(Deadline);
        await other.Client.RaiseEventAsync(instance.InstanceId, "crossing", cancellationToken: Deadline);
        DateTimeOffset sent = Time.GetUtcNow();
        Assert.Equal(412, await held.ReleaseAsync());
        await UntilAsync(() => _calls == 2);
        Assert.True(Time.GetUtcNow() - sent < AtOnce, $"It took {Time.GetUtcNow() - sent}.");
    });

    [Fact]
    public Task A_host_that_cannot_start_takes_nothing_from_one_that_runs() => RunAsync(async () =>
    {
        await using EmbeddedHost running = await StartAsync(Named("a"));
        OrchestrationMetadata instance = await StartHangingAsync(running);
        await using EmbeddedHost failed = await StartAsync(Named("a"), started: false);
        await Task.Delay(TimeSpan.FromMinutes(2), Time, Deadline);
        Assert.Equal(1, _calls);
        Assert.StartsWith("a/", await OwnerOfAsync(instance), StringComparison.Ordinal);
    });

    [Fact]
    public Task Of_two_hosts_with_one_name_the_earlier_goes_on_under_another() => RunAsync(async () =>
    {
        await using EmbeddedHost earlier = await StartAsync(Named("a"));
        OrchestrationMetadata taken = await StartHangingAsync(earlier);
        await using EmbeddedHost later = await StartAsync(Named("a"));
        Assert.Equal("\"plain\"", (await EndOf(later.Client, taken)).SerializedOutput);
        Assert.Equal(2, _calls);

        // What it starts before it has noticed may be taken from it once more.
        await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        OrchestrationMetadata kept = await StartHangingAsync(earlier);
        Assert.False((await OwnerOfAsync(kept))!.StartsWith("a/", StringComparison.Ordinal));
        await Task.Delay(TimeSpan.FromMinutes(5), Time, Deadline);
        Assert.Equal(3, _calls);

        await using EmbeddedHost last = await StartAsync(Named("a"));
        await Task.Delay(TimeSpan.FromMinutes(5), Time, Deadline);
        Assert.Equal(3, _calls);
        OrchestrationMetadata own = await StartHangingAsync(last);
        Assert.StartsWith("a/", await OwnerOfAsync(own), StringComparison.Ordinal);
    });

    [Fact]
    public Task A_host_whose_number_cannot_be_read_runs_under_another_name() => RunAsync(async () =>
    {
        await Blob("a").UploadAsync(BinaryData.FromString("{"), Deadline);
        var log = new RequestLog();
        await using EmbeddedHost host = await StartAsync(Named("a"), log.Configure);
        await Task.Delay(TimeSpan.FromSeconds(30), Time, Deadline);
        Assert.Equal(1, log.Requests.Count(static r => r.Blob.StartsWith("orchestrations/hosts/", StringComparison.Ordinal)));
        OrchestrationMetadata instance = await StartHangingAsync(host);
        Assert.False((await OwnerOfAsync(instance))!.StartsWith("a/", StringComparison.Ordinal));
    });

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData(null)]
    public Task A_host_whose_number_cannot_be_read_any_more_goes_on(string? damage) => RunAsync(async () =>
    {
        var transport = new FaultTransport();
        await using EmbeddedHost host = await StartAsync(Named("a"), transport.Configure);
        if (damage is not null)
        {
            await Blob("a").UploadAsync(BinaryData.FromString(damage), overwrite: true, Deadline);
        }
        else
        {
            transport.When(
                static r => r.Blob.StartsWith("orchestrations/hosts/", StringComparison.Ordinal),
                Fault.Respond(403, "AuthorizationFailure"),
                times: 1_000);
        }

        await using EmbeddedHost other = await StartAsync(Named(null));
        await StartHangingAsync(other);
        await other.KillAsync();
        DateTimeOffset killed = Time.GetUtcNow();
        await UntilAsync(() => _calls == 2);
        Assert.True(Time.GetUtcNow() - killed < TimeSpan.FromMinutes(2));
    });

    [Fact]
    public Task A_host_takes_its_name_once_storage_answers() => RunAsync(async () =>
    {
        var transport = new FaultTransport();
        transport.When(
            static r => r.Blob.StartsWith("orchestrations/hosts/", StringComparison.Ordinal),
            Fault.Respond(403, "AuthorizationFailure"),
            times: 2);
        await using EmbeddedHost host = await StartAsync(Named("a"), transport.Configure);
        await Task.Delay(TimeSpan.FromSeconds(30), Time, Deadline);
        OrchestrationMetadata instance = await StartHangingAsync(host);
        Assert.StartsWith("a/", await OwnerOfAsync(instance), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task No_two_starts_of_a_name_have_one_number(int seed) => RunAsync(Schedule.Uniform(seed), async () =>
    {
        var frozen = new Frozen(Time);
        HostStart[] starts = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
        {
            SessionStorage storage = await Hub.Storage.ConnectAsync(Hub.Container.Name);
            return await new HostStarts(storage.Container, frozen).NextAsync("a", Deadline);
        }));
        Assert.Equal(3, starts.Distinct().Count());
        HostStart next = await new HostStarts(Hub.Container, frozen).NextAsync("a", Deadline);
        Assert.All(starts, start => Assert.True(next.Follows(start)));
    });

    [Theory]
    [MemberData(nameof(Points))]
    public Task Whatever_comes_of_its_requests_a_start_comes_after_those_before(FaultKind kind, int request) => RunAsync(async () =>
    {
        HostStart before = await new HostStarts(Hub.Container, Time).NextAsync("a", Deadline);
        var transport = new FaultTransport();
        SessionStorage storage = await Hub.Storage.ConnectAsync(Hub.Container.Name, transport.Configure);
        Func<Task> deliver = transport.Inject(kind, request);
        HostStart? faulty = null;
        try
        {
            faulty = await new HostStarts(storage.Container, Time).NextAsync("a", Deadline)
                .WaitAsync(TimeSpan.FromMinutes(5), Time, Deadline);
        }
        catch (Exception e) when (e is Azure.RequestFailedException or AggregateException or IOException or TimeoutException)
        {
        }

        Assert.True(faulty is null || faulty.Follows(before));
        HostStart after = await new HostStarts(Hub.Container, Time).NextAsync("a", Deadline);
        await deliver();
        HostStart last = await new HostStarts(Hub.Container, Time).NextAsync("a", Deadline);
        Assert.True(after.Follows(faulty ?? before));
        Assert.True(last.Follows(after));
    });

    [Fact]
    public Task Where_its_blob_was_deleted_a_start_still_comes_after_those_before() => RunAsync(async () =>
    {
        var starts = new HostStarts(Hub.Container, Time);
        await starts.NextAsync("a", Deadline);
        HostStart before = await starts.NextAsync("a", Deadline);
        await Blob("a").DeleteAsync(cancellationToken: Deadline);
        await Task.Delay(TimeSpan.FromSeconds(1), Time, Deadline);
        Assert.True((await starts.NextAsync("a", Deadline)).Follows(before));
    });

    [Fact]
    public Task A_start_with_a_lower_number_takes_the_name_as_well() => RunAsync(async () =>
    {
        await using EmbeddedHost earlier = await StartAsync(Named("a"));
        await Blob("a").UploadAsync(BinaryData.FromString("""{"number":7}"""), overwrite: true, Deadline);
        await Task.Delay(TimeSpan.FromSeconds(10), Time, Deadline);
        OrchestrationMetadata instance = await StartHangingAsync(earlier);
        Assert.False((await OwnerOfAsync(instance))!.StartsWith("a/", StringComparison.Ordinal));
    });

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a/1")]
    [InlineData("a/x/1")]
    [InlineData("a/-1/1")]
    [InlineData("vm-0f8fad5bd9cb469fa16570867728950e/12")]
    public void An_owner_of_another_form_is_no_start_of_a_named_host(string? owner) => Assert.Null(HostStart.Of(owner));

    [Fact]
    public void A_start_follows_those_of_its_own_name_alone()
    {
        Assert.True(new HostStart("a", 2).Follows(HostStart.Of("a/1/7")));
        Assert.False(new HostStart("a", 2).Follows(HostStart.Of("a/2/7")));
        Assert.False(new HostStart("a", 2).Follows(HostStart.Of("a/3/7")));
        Assert.False(new HostStart("a", 2).Follows(HostStart.Of("b/1/7")));
    }

    [Theory]
    [InlineData("vm-1.example_2", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a/b", false)]
    [InlineData("a\n", false)]
    public void A_name_has_no_slash(string name, bool valid)
    {
        Assert.Equal(valid, Record.Exception(() => Named(name).Validate()) is null);
        if (name.Length == 0)
        {
            return;
        }

        Assert.Equal(valid, Record.Exception(() => Named(name.PadRight(63, 'a')).Validate()) is null);
        Assert.NotNull(Record.Exception(() => Named(name.PadRight(64, 'a')).Validate()));
    }

    // Has its name, where it takes one.
    private async Task<EmbeddedHost> StartAsync(
        EngineOptions options, Action<BlobClientOptions>? configure = null, bool started = true)
    {
        EmbeddedHost host = await Hub.StartAsync(Registry, options, configure, started: started);
        await Task.Delay(TimeSpan.FromMilliseconds(100), Time, Deadline);
        return host;
    }

    // An instance of which one call runs for ever.
    private async Task<OrchestrationMetadata> StartHangingAsync(EmbeddedHost host)
    {
        int before = _calls;
        _answers.Enqueue(new TaskCompletionSource<string>().Task);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("one");
        await UntilAsync(() => _calls > before);
        return instance;
    }

    private async Task<string?> OwnerOfAsync(OrchestrationMetadata instance)
    {
        BlobClient blob = Hub.Container.GetBlobClient($"orchestrations/active/{instance.InstanceId}.json");
        using var document = JsonDocument.Parse((await blob.DownloadContentAsync(Deadline)).Value.Content);
        return document.RootElement.GetProperty("owner").GetString();
    }

    private BlobClient Blob(string host) => Hub.Container.GetBlobClient($"orchestrations/hosts/{host}.json");

    private sealed class Frozen(TimeProvider time) : TimeProvider
    {
        private readonly DateTimeOffset _now = time.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }
}
