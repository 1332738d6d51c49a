using System.Diagnostics;
using Azure.Storage.Blobs;

namespace DurableSessions.Testing.Tests.Schedules;

/// <summary>How a simulated run ends, and what it leaves behind.</summary>
[Collection(nameof(Simulated))]
public sealed class SimulatedClusterTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failure_has_what_failed_and_what_had_happened()
    {
        ScheduledRunException e = await FailureAsync(Schedule.Uniform(7), static async cluster =>
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            await container.GetBlobClient("a").UploadAsync(BinaryData.FromString("a"), Cancelled);
            throw new InvalidDataException("Planted.");
        });

        Assert.IsType<InvalidDataException>(e.InnerException);
        Assert.Contains("Planted.", e.Message, StringComparison.Ordinal);
        Assert.Contains("(uniform, seed 7)", e.Message, StringComparison.Ordinal);
        Assert.Contains("host 1 #2 PUT a -> 201", e.Run.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, e.Run.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_test_that_waits_for_what_cannot_happen_fails(bool hasRequests)
    {
        var never = new TaskCompletionSource();

        ScheduledRunException e = await FailureAsync(Schedule.InOrder, async cluster =>
        {
            if (hasRequests)
            {
                await cluster.NewContainerAsync();
                await Task.Delay(TimeSpan.FromSeconds(1), cluster.Time, Cancelled);
            }

            await never.Task;
        });

        Assert.Contains("the test waits for what cannot happen", e.Message, StringComparison.Ordinal);
        Assert.Equal(hasRequests ? 2 : 0, e.Run.Decisions);
    }

    [Fact]
    public async Task A_test_that_makes_requests_without_end_fails_at_the_limit_of_decisions()
    {
        ScheduledRunException e = await FailureAsync(Schedule.InOrder, static async cluster =>
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            while (true)
            {
                await container.ExistsAsync(Cancelled);
            }
        });

        Assert.Contains("No end after 50000 decisions and 00:00:50 of simulated time.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_that_waits_without_end_fails_after_a_day()
    {
        ScheduledRunException e = await FailureAsync(Schedule.InOrder, static async cluster =>
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromHours(5), cluster.Time, Cancelled);
            }
        });

        Assert.Contains("No end after 5 decisions and 1.01:00:00 of simulated time.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_is_left_behind_gets_no_answer_any_more()
    {
        Task? left = null;
        BlobContainerClient? container = null;

        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            container = await cluster.NewContainerAsync();
            left = container.GetBlobClient("a").UploadAsync(BinaryData.FromString("a"), Cancelled);
        });

        Exception answer = await Assert.ThrowsAnyAsync<Exception>(() => left!.WaitAsync(TimeSpan.FromSeconds(10), Cancelled));
        Exception later = await Assert.ThrowsAnyAsync<Exception>(
            () => container!.ExistsAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(10), Cancelled));
        Assert.Equal(["AggregateException", "AggregateException"], [answer.GetType().Name, later.GetType().Name]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_is_not_simulated_fails_the_test_even_if_its_client_goes_on(bool goesOn)
    {
        ScheduledRunException e = await FailureAsync(Schedule.InOrder, async cluster =>
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            try
            {
                await container.GetBlobClient("a").CreateSnapshotAsync(cancellationToken: Cancelled);
            }
            catch (UnknownRequestException) when (goesOn)
            {
            }

            await container.ExistsAsync(Cancelled);
        });

        Assert.IsType<UnknownRequestException>(e.InnerException);
        Assert.Contains("/a?comp=snapshot with ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_late_request_that_is_not_simulated_fails_the_test()
    {
        var late = new Dictionary<int, Move> { [1] = new(MoveKind.Clock), [2] = new(MoveKind.LateRequest) };

        ScheduledRunException e = await FailureAsync(Schedule.Replay(late), static async cluster =>
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1), cluster.Time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => container.GetBlobClient("a").CreateSnapshotAsync(cancellationToken: timeout.Token));
            await container.ExistsAsync(Cancelled);
        });

        Assert.IsType<UnknownRequestException>(e.InnerException);
    }

    [Fact]
    public async Task A_synchronous_request_fails()
    {
        ScheduledRunException e = await FailureAsync(
            Schedule.InOrder, static async cluster => (await cluster.NewContainerAsync()).Exists(Cancelled));

        Assert.Contains("A synchronous request would hold up all others.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_thread_runs_everything_and_the_pool_is_as_before_afterwards()
    {
        using Pool before = Pool.Unusual();
        Pool? during = null;
        HashSet<int> threads = [];

        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            during = Pool.Now();
            await Task.WhenAll(Enumerable.Range(0, 100).Select(n => Task.Run(
                async () =>
                {
                    threads.Add(Environment.CurrentManagedThreadId);
                    await Task.Delay(TimeSpan.FromSeconds(n), cluster.Time, Cancelled);
                    threads.Add(Environment.CurrentManagedThreadId);
                },
                Cancelled)));
        });

        Assert.Equal((1, 1), (during?.MinWorkers, during?.MaxWorkers));
        Assert.Single(threads);
        SimulatedCluster.Leave();
        Assert.Equal(before, Pool.Now());
    }

    [Fact]
    public async Task The_pool_is_as_before_after_a_failure()
    {
        using Pool before = Pool.Unusual();

        await FailureAsync(Schedule.InOrder, static _ => throw new InvalidDataException("Planted."));
        SimulatedCluster.Leave();
        Assert.Equal(before, Pool.Now());

        await FailureAsync(Schedule.InOrder, static _ => new TaskCompletionSource().Task);
        SimulatedCluster.Leave();
        Assert.Equal(before, Pool.Now());
    }

    [Fact]
    public async Task The_pool_keeps_one_thread_until_it_is_left_and_is_not_left_during_a_run()
    {
        using Pool before = Pool.Unusual();
        int? during = null;
        await SimulatedCluster.RunAsync(Schedule.InOrder, static _ => Task.CompletedTask);
        Assert.Equal(1, Pool.Now().MaxWorkers);

        await SimulatedCluster.RunAsync(Schedule.InOrder, _ =>
        {
            SimulatedCluster.Leave();
            during = Pool.Now().MaxWorkers;
            return Task.CompletedTask;
        });

        Assert.Equal(1, during);
        Assert.Equal(1, Pool.Now().MaxWorkers);
        SimulatedCluster.Leave();
        Assert.Equal(before, Pool.Now());
    }

    [Fact]
    public async Task Two_runs_at_the_same_time_are_refused()
    {
        ScheduledRunException e = await FailureAsync(
            Schedule.InOrder, static _ => SimulatedCluster.RunAsync(Schedule.InOrder, static _ => Task.CompletedTask));

        Assert.Contains("one at a time", Assert.IsType<InvalidOperationException>(e.InnerException).Message, StringComparison.Ordinal);
        await SimulatedCluster.RunAsync(Schedule.InOrder, static _ => Task.CompletedTask);
    }

    [Fact]
    public async Task Many_runs_one_after_the_other_take_no_time_to_begin()
    {
        long start = Stopwatch.GetTimestamp();

        for (int n = 0; n < 500; n++)
        {
            await SimulatedCluster.RunAsync(
                Schedule.InOrder, static cluster => Task.Delay(TimeSpan.FromSeconds(1), cluster.Time, Cancelled));
        }

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    private static Task<ScheduledRunException> FailureAsync(Schedule schedule, Func<SimulatedCluster, Task> test) =>
        Assert.ThrowsAsync<ScheduledRunException>(() => SimulatedCluster.RunAsync(schedule, test));

    private sealed record Pool(int MinWorkers, int MinPorts, int MaxWorkers, int MaxPorts) : IDisposable
    {
        private Pool? Former { get; init; }

        public static Pool Now()
        {
            ThreadPool.GetMinThreads(out int minWorkers, out int minPorts);
            ThreadPool.GetMaxThreads(out int maxWorkers, out int maxPorts);
            return new Pool(minWorkers, minPorts, maxWorkers, maxPorts);
        }

        /// <summary>A pool that no other test leaves behind, until disposal.</summary>
        public static Pool Unusual()
        {
            SimulatedCluster.Leave();
            Pool former = Now();
            Pool unusual = former with { MinWorkers = 3, MaxWorkers = 1_234 };
            unusual.Set();
            Assert.Equal(unusual, Now());
            return unusual with { Former = former };
        }

        public bool Equals(Pool? other) => other is not null && Numbers == other.Numbers;

        public override int GetHashCode() => Numbers.GetHashCode();

        public void Dispose()
        {
            SimulatedCluster.Leave();
            Former?.Set();
        }

        private (int, int, int, int) Numbers => (MinWorkers, MinPorts, MaxWorkers, MaxPorts);

        private void Set() => Assert.True(
            ThreadPool.SetMaxThreads(MaxWorkers, MaxPorts) && ThreadPool.SetMinThreads(MinWorkers, MinPorts),
            "The runtime takes no such pool.");
    }
}
