using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs;

namespace DurableSessions.Testing.Tests.Schedules;

/// <summary>The clock of a simulation stands while anything can run, and goes on from timer to timer otherwise.</summary>
[Collection(nameof(Simulated))]
public sealed class SimulatedTimeTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task The_clock_stands_while_anything_can_run() => SimulatedCluster.RunAsync(Schedule.InOrder, static async cluster =>
    {
        Task later = Task.Delay(TimeSpan.FromMilliseconds(1), cluster.Time, Cancelled);
        for (int turn = 0; turn < 1_000; turn++)
        {
            await Task.Yield();
            await Task.Run(static () => Thread.SpinWait(100), Cancelled);

            Assert.Equal(SimulatedTime.Start, cluster.Time.GetUtcNow());
            Assert.False(later.IsCompleted);
        }

        await later;
        Assert.Equal(SimulatedTime.Start + TimeSpan.FromMilliseconds(1), cluster.Time.GetUtcNow());
    });

    [Fact]
    public async Task The_clock_stands_while_a_request_waits_and_each_takes_a_millisecond()
    {
        TimeSpan taken = default;

        ScheduledRun run = await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            Task later = Task.Delay(TimeSpan.FromMilliseconds(4), cluster.Time, Cancelled);
            BlobContainerClient container = await cluster.NewContainerAsync();
            await container.ExistsAsync(Cancelled);
            await container.ExistsAsync(Cancelled);
            Assert.False(later.IsCompleted);
            taken = cluster.Time.GetUtcNow() - SimulatedTime.Start;
            await later;
            Assert.Equal(SimulatedTime.Start + TimeSpan.FromMilliseconds(4), cluster.Time.GetUtcNow());
        });

        Assert.Equal(TimeSpan.FromMilliseconds(3), taken);
        Assert.Equal(4, run.Decisions);
    }

    [Fact]
    public async Task A_timer_fires_within_the_requests_that_take_longer()
    {
        List<string> happened = [];

        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            using ITimer timer = cluster.Time.CreateTimer(
                _ => happened.Add("timer"), null, TimeSpan.FromMilliseconds(1.5), Timeout.InfiniteTimeSpan);
            for (int n = 1; n <= 3; n++)
            {
                await container.ExistsAsync(Cancelled);
                happened.Add($"{n}");
            }
        });

        Assert.InRange(happened.IndexOf("timer"), happened.IndexOf("1") + 1, happened.IndexOf("3") - 1);
    }

    [Fact]
    public async Task Timers_fire_in_the_order_of_their_times_and_those_of_one_time_in_the_order_in_which_they_were_set()
    {
        List<(string Name, TimeSpan At)> fired = [];

        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            (string Name, int Seconds)[] timers = [("d", 30), ("a", 10), ("b", 20), ("c", 20)];
            await Task.WhenAll(timers.Select(async timer =>
            {
                await Task.Delay(timer.Seconds * s_second, cluster.Time, Cancelled);
                fired.Add((timer.Name, cluster.Time.GetUtcNow() - SimulatedTime.Start));
            }));
        });

        Assert.Equal([("a", 10 * s_second), ("b", 20 * s_second), ("c", 20 * s_second), ("d", 30 * s_second)], fired);
    }

    [Fact]
    public async Task What_a_timer_calls_runs_before_the_clock_goes_on_to_the_next()
    {
        List<string> happened = [];

        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            Task other = Task.Delay(s_second + TimeSpan.FromMilliseconds(1), cluster.Time, Cancelled).ContinueWith(
                _ => happened.Add("next timer"), TaskScheduler.Default);
            await Task.Delay(s_second, cluster.Time, Cancelled);
            for (int turn = 0; turn < 100; turn++)
            {
                await Task.Yield();
            }

            happened.Add("over");
            await other;
        });

        Assert.Equal(["over", "next timer"], happened);
    }

    [Fact]
    public async Task A_periodic_timer_fires_once_in_each_period_until_it_is_disposed_of()
    {
        List<TimeSpan> fired = [];

        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            void Fire(object? state) => fired.Add(cluster.Time.GetUtcNow() - SimulatedTime.Start);
            await using (cluster.Time.CreateTimer(Fire, null, 3 * s_second, 10 * s_second))
            {
                await Task.Delay(35 * s_second, cluster.Time, Cancelled);
            }

            await Task.Delay(60 * s_second, cluster.Time, Cancelled);
        });

        Assert.Equal([3 * s_second, 13 * s_second, 23 * s_second, 33 * s_second], fired);
    }

    [Fact]
    public async Task A_PeriodicTimer_ticks()
    {
        List<double> ticks = [];

        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), cluster.Time);
            while (ticks.Count < 3 && await timer.WaitForNextTickAsync(Cancelled))
            {
                ticks.Add((cluster.Time.GetUtcNow() - SimulatedTime.Start).TotalMinutes);
            }
        });

        Assert.Equal([1, 2, 3], ticks);
    }

    [Fact]
    public async Task A_timer_that_is_changed_fires_at_its_new_time_alone()
    {
        List<string> fired = [];

        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            ITimer Set(string name, TimeSpan due) => cluster.Time.CreateTimer(
                _ => fired.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{name} {(cluster.Time.GetUtcNow() - SimulatedTime.Start).TotalSeconds}")),
                null,
                due,
                Timeout.InfiniteTimeSpan);

            using ITimer later = Set("later", 10 * s_second);
            using ITimer sooner = Set("sooner", 20 * s_second);
            using ITimer never = Set("never", 15 * s_second);
            using ITimer dormant = Set("dormant", Timeout.InfiniteTimeSpan);
            Assert.True(later.Change(30 * s_second, Timeout.InfiniteTimeSpan));
            Assert.True(sooner.Change(5 * s_second, Timeout.InfiniteTimeSpan));
            Assert.True(never.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
            await Task.Delay(7 * s_second, cluster.Time, Cancelled);
            Assert.True(dormant.Change(s_second, Timeout.InfiniteTimeSpan));
            await Task.Delay(60 * s_second, cluster.Time, Cancelled);
        });

        Assert.Equal(["sooner 5", "dormant 8", "later 30"], fired);
    }

    [Fact]
    public async Task A_timer_that_was_disposed_of_neither_fires_nor_changes_nor_holds_the_clock()
    {
        bool hasFired = false;

        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            ITimer timer = cluster.Time.CreateTimer(_ => hasFired = true, null, s_second, s_second);
            timer.Dispose();
            Assert.False(timer.Change(s_second, s_second));
            await Task.Delay(5 * s_second, cluster.Time, Cancelled);
            Assert.Equal(SimulatedTime.Start + (5 * s_second), cluster.Time.GetUtcNow());
        });

        Assert.False(hasFired);
    }

    [Fact]
    public async Task A_delay_of_ten_hours_takes_no_time()
    {
        long start = Stopwatch.GetTimestamp();

        ScheduledRun run = await SimulatedCluster.RunAsync(Schedule.InOrder, static async cluster =>
        {
            await Task.Delay(TimeSpan.FromHours(10), cluster.Time, Cancelled);
            Assert.Equal(SimulatedTime.Start.AddHours(10), cluster.Time.GetUtcNow());
        });

        Assert.Equal(1, run.Decisions);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_token_is_cancelled_and_a_wait_given_up_at_their_simulated_time() =>
        await SimulatedCluster.RunAsync(Schedule.InOrder, static async cluster =>
        {
            using var source = new CancellationTokenSource(TimeSpan.FromMinutes(10), cluster.Time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.InfiniteTimeSpan, cluster.Time, source.Token));
            Assert.Equal(SimulatedTime.Start.AddMinutes(10), cluster.Time.GetUtcNow());

            var never = new TaskCompletionSource();
            await Assert.ThrowsAsync<TimeoutException>(() => never.Task.WaitAsync(TimeSpan.FromMinutes(5), cluster.Time, Cancelled));
            Assert.Equal(SimulatedTime.Start.AddMinutes(15), cluster.Time.GetUtcNow());
        });

    [Fact]
    public void Timestamps_differ_and_count_the_time_between_them()
    {
        var time = new SimulatedTime();

        long first = time.GetTimestamp();
        long second = time.GetTimestamp();
        time.Elapse(s_second);
        long third = time.GetTimestamp();

        Assert.NotEqual(first, second);
        Assert.InRange(time.GetElapsedTime(second, third), s_second, s_second + TimeSpan.FromMilliseconds(1));
    }
}
