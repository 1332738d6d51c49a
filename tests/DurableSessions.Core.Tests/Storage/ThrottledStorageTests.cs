using Azure.Storage.Blobs;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Core.Tests.Storage;

/// <summary>A storage that takes 200 requests a second, and clients that ask for ten times as many.</summary>
[Collection(nameof(Simulated))]
public class ThrottledStorageTests
{
    private const int PerSecond = 200;
    private const int Offered = 2_000;
    private const int Sessions = 100;
    private const int CommitEvery = 200;

    private static readonly SessionKey s_key = new("acme", "ada", "s1");
    private static readonly TimeSpan s_storm = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task In_a_storm_storage_is_used_what_is_accepted_is_done_in_time_and_the_rest_is_refused() => Simulated.RunAsync(async cluster =>
    {
        var throttle = new Throttle(PerSecond, burst: PerSecond / 10, cluster.Time);
        var load = new StorageLoad(new StorageSettings().ConcurrentRequests, cluster.Time);
        SessionStorage storage = await ConnectAsync(cluster, throttle, load);
        await using ServiceProvider services = new ServiceCollection()
            .AddHost(storage, new FakeProcessor(), time: cluster.Time).BuildServiceProvider();
        await services.GetRequiredService<EmbeddedEngine>().StartAsync(Cancelled);
        var storm = new Storm(services.GetRequiredService<SessionStore>(), load, cluster.Time);
        long before = throttle.CarriedOut;
        List<Task> clients = [];
        long began = cluster.Time.GetTimestamp();
        for (int i = 0; cluster.Time.GetElapsedTime(began) < s_storm; i++)
        {
            await Task.Delay(s_tick, cluster.Time, Cancelled);
            clients.AddRange(Enumerable.Range(i * Offered / 50, Offered / 50).Select(storm.SendAsync));
        }

        double done = (throttle.CarriedOut - before) / cluster.Time.GetElapsedTime(began).TotalSeconds;
        await Task.WhenAll(clients);
        string seen = $"{done:F0}/s, throttled {throttle.Refused}, {storm}";
        Assert.True(done >= 0.8 * PerSecond, seen);
        Assert.True(throttle.Refused <= throttle.CarriedOut / 10, seen);
        Assert.True(storm.Failed == 0, seen);
        Assert.True(storm.Accepted > 0 && storm.Refused > storm.Accepted, seen);
        Assert.True(storm.Percentile(0.99) < TimeSpan.FromSeconds(5), seen);
        Assert.True(storm.Commits.Count > 0, seen);
        var client = services.GetRequiredService<OrchestrationClient>();
        foreach (CommitTask commit in storm.Commits)
        {
            OrchestrationMetadata end = await client.WaitForInstanceCompletionAsync(commit.TaskId, Cancelled);
            Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        }

        Assert.Equal(storm.Appended, await storm.CountAsync());

        // With the storm over, and the throttle, there is no limit again, and no wait.
        throttle.Lift();
        await Task.Delay(SendRate.Forgets, cluster.Time, Cancelled);
        Assert.Equal(double.PositiveInfinity, load.Queue.State.PerSecond);
        Assert.Equal(TimeSpan.Zero, load.ExpectedWait);
        TestContext.Current.TestOutputHelper!.WriteLine(seen);
    });

    [Fact]
    public Task Retries_do_not_add_to_the_load_of_a_storage_that_throttles() => Simulated.RunAsync(async cluster =>
    {
        var throttle = new Throttle(PerSecond, burst: 1, cluster.Time);
        var load = new StorageLoad(new StorageSettings().ConcurrentRequests, cluster.Time);
        BlobContainerClient container = (await ConnectAsync(cluster, throttle, load)).Container;
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(async i =>
        {
            try
            {
                await container.GetBlobClient($"b{i}").UploadAsync(BinaryData.FromString("x"), Cancelled);
            }
            catch (AggregateException)
            {
                // All its attempts were among the first.
            }
        }));
        Assert.True(throttle.Refused < throttle.CarriedOut / 5, $"{throttle.Refused} refused, {throttle.CarriedOut} carried out");
        Assert.InRange(load.Queue.State.PerSecond, SendRate.Least, 2 * PerSecond);
    });

    [Fact]
    public Task With_a_long_line_of_work_under_way_an_owner_renews_and_ends_an_instance_in_time() => Simulated.RunAsync(async cluster =>
    {
        var load = new StorageLoad(new StorageSettings().ConcurrentRequests, cluster.Time);
        var log = new RequestLog();
        SessionStorage storage = await ConnectAsync(cluster, new Throttle(PerSecond, burst: 20, cluster.Time), load, log);
        var isOver = new TaskCompletionSource<int>();
        var options = new EngineOptions { Ownership = TimeSpan.FromSeconds(6) };
        await using var engine = new EmbeddedEngine(
            storage.Container,
            storage.Unretried,
            new OrchestrationRegistry().AddOrchestrator("one", static () => new OneActivity()).AddActivity("long", () => new Long(isOver)),
            options,
            cluster.Time,
            NullLogger<EmbeddedEngine>.Instance);
        await engine.StartAsync(Cancelled);
        OrchestrationMetadata instance = await engine.Client.ScheduleNewOrchestrationInstanceAsync("one", cancellationToken: Cancelled);

        // For longer than an ownership there is always more in line than storage does in the time of a renewal.
        List<Task> line = [];
        using var enough = new CancellationTokenSource();
        log.Clear();
        await KeepInLineAsync(1.5 * options.Ownership);
        Assert.InRange(log.CountOf("PUT", "orchestrations/active/"), 1, 2);
        Assert.InRange(log.CountOf("PUT", "orchestrations/alive/"), 4, 5);
        Task<OrchestrationMetadata> end = engine.Client.WaitForInstanceCompletionAsync(instance.InstanceId, Cancelled);
        isOver.SetResult(1);
        await KeepInLineAsync(TimeSpan.FromSeconds(1));
        Assert.True(end.IsCompletedSuccessfully, log.ToString());
        await enough.CancelAsync();
        await Task.WhenAll(line);

        async Task KeepInLineAsync(TimeSpan time)
        {
            for (long began = cluster.Time.GetTimestamp(); cluster.Time.GetElapsedTime(began) < time;)
            {
                int missing = (4 * PerSecond) - load.Queue.State.UnderWay;
                line.AddRange(Enumerable.Range(0, missing).Select(_ => LookAsync(storage, enough.Token)));
                await Task.Delay(TimeSpan.FromSeconds(0.5), cluster.Time, Cancelled);
                Assert.InRange(load.Queue.State.UnderWay, 3 * PerSecond, 4 * PerSecond);
            }
        }
    });

    [Fact]
    public Task The_bound_of_a_host_adds_no_request() => Simulated.RunAsync(async cluster =>
    {
        (int append, int commit) = await CostAsync(cluster, isBounded: true);
        Assert.Equal(1, append);
        Assert.InRange(commit, 10, 22);
        Assert.Equal(await CostAsync(cluster, isBounded: false), (append, commit));
    });

    private static async Task<(int Append, int Commit)> CostAsync(SimulatedCluster cluster, bool isBounded)
    {
        var log = new RequestLog();
        var simulated = new SimulatedStorage(cluster.Time);
        SessionStorage storage = isBounded
            ? new StorageSettings().Bounded(load => simulated.Connect("c", load.Configure + (Action<BlobClientOptions>)log.Configure))
            : simulated.Connect("c", log.Configure);
        Assert.Equal(isBounded, storage.Load is not null);
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        await using ServiceProvider services = new ServiceCollection()
            .AddHost(storage, new FakeProcessor(), time: cluster.Time).BuildServiceProvider();
        await services.GetRequiredService<EmbeddedEngine>().StartAsync(Cancelled);
        var store = services.GetRequiredService<SessionStore>();
        await store.Sessions.AppendAsync(s_key, [Words.Message("m1")], null, Cancelled);
        log.Clear();
        await store.Sessions.AppendAsync(s_key, [Words.Message("m2")], null, Cancelled);
        int append = log.Count;
        log.Clear();
        CommitTask task = (await store.Commits.CommitAsync(s_key, new CommitRequest(), Cancelled)).Task!;
        await services.GetRequiredService<OrchestrationClient>().WaitForInstanceCompletionAsync(task.TaskId, Cancelled);
        await Task.Delay(TimeSpan.FromSeconds(1), cluster.Time, Cancelled);
        return (append, log.Requests.Count(static r => r.Comp != "list"));
    }

    private static async Task<SessionStorage> ConnectAsync(
        SimulatedCluster cluster, Throttle throttle, StorageLoad load, RequestLog? sent = null) =>
        await cluster.ConnectAsync((await cluster.NewContainerAsync()).Name, options =>
        {
            throttle.Configure(options);
            load.Configure(options);
            sent?.Configure(options);
        });

    private static async Task LookAsync(SessionStorage storage, CancellationToken cancellationToken)
    {
        try
        {
            await storage.Container.GetBlobClient("x").ExistsAsync(cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or AggregateException)
        {
            // It is one of many.
        }
    }

    private sealed class OneActivity : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(OrchestrationContext context, int input) => context.CallActivityAsync<int>("long", 0);
    }

    private sealed class Long(TaskCompletionSource<int> isOver) : TaskActivity<int, int>
    {
        public override Task<int> RunAsync(TaskActivityContext context, int input) => isOver.Task;
    }

    private sealed class Storm(SessionStore store, StorageLoad load, TimeProvider time)
    {
        private readonly List<TimeSpan> _latencies = [];
        private readonly HashSet<SessionKey> _sessions = [];

        public List<CommitTask> Commits { get; } = [];

        public int Refused { get; private set; }

        public int Failed { get; private set; }

        public int Appended { get; private set; }

        public int Accepted => _latencies.Count;

        public TimeSpan Percentile(double share) => _latencies.Order().ElementAt((int)(share * (_latencies.Count - 1)));

        // As a host admits it.
        public async Task SendAsync(int number)
        {
            if (load.ExpectedWait > StorageLoad.LongestExpectedWait)
            {
                Refused++;
                return;
            }

            NewWork.Enter();
            long started = time.GetTimestamp();
            try
            {
                SessionKey key = Key(number % Sessions);
                if (number % CommitEvery == 0)
                {
                    CommitAnswer answer = await store.Commits.CommitAsync(key, new CommitRequest(), Cancelled);
                    Commits.AddRange(answer.Task is { } task ? [task] : []);
                }
                else
                {
                    await store.Sessions.AppendAsync(key, [Words.Message($"m{number}")], null, Cancelled);
                    Appended++;
                    _sessions.Add(key);
                }

                _latencies.Add(time.GetElapsedTime(started));
            }
            catch (Exception e) when (e is StorageBusyException or SessionNotFoundException)
            {
                Refused++;
            }
            catch (Exception)
            {
                Failed++;
            }
        }

        /// <summary>The messages that are stored, live and archived.</summary>
        public async Task<int> CountAsync()
        {
            int count = 0;
            foreach (SessionKey session in _sessions)
            {
                Audit audit = await Audit.OfAsync(store, session);
                count += audit.Everything.Count;
            }

            return count;
        }

        public override string ToString() =>
            $"{Accepted} accepted, {Refused} refused, {Failed} failed, p50 {Percentile(0.5)}, p99 {Percentile(0.99)}, "
            + $"{Commits.Count} commits";

        private static SessionKey Key(int number) => new("acme", "ada", $"s{number}");
    }
}
