using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>A host whose clock is wrong takes nothing from hosts that live, and is no later than they are.</summary>
[Collection(nameof(Simulated))]
public sealed class StorageClockTests : EngineTest
{
    // Longer than what a whole second of storage's clock leaves open.
    private static readonly EngineOptions s_options = new()
    {
        Ownership = TimeSpan.FromSeconds(3),
        SweepInterval = TimeSpan.FromSeconds(2),
    };

    private static readonly TimeSpan s_tolerance = TimeSpan.FromSeconds(2);

    protected override TimeSpan Longest => TimeSpan.FromHours(3);

    /// <summary>By how many minutes the clock of one host is ahead, and that of the other.</summary>
    public static TheoryData<int, int> Skews => new() { { 60, 0 }, { 0, 60 }, { -60, 0 }, { 0, -60 }, { 60, -60 } };

    [Theory]
    [MemberData(nameof(Skews))]
    public Task A_host_that_lives_keeps_its_instances(int owners, int others) => RunAsync(async () =>
    {
        int runs = 0;
        Activity<int, int>("slow", async (_, context) =>
        {
            runs++;
            await Task.Delay(TimeSpan.FromMinutes(3), Time, context.CancellationToken);
            return runs;
        });
        Orchestrator<int, int>("flow", (context, _) => context.CallActivityAsync<int>("slow", 0));
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, time: Clock(owners));
        OrchestrationMetadata instance = await owner.Client.ScheduleNewOrchestrationInstanceAsync("flow", 0);
        await UntilAsync(() => runs > 0);
        await using EmbeddedHost other = await Hub.StartAsync(Registry, s_options, time: Clock(others));
        Assert.Equal("1", (await EndOf(owner.Client, instance)).SerializedOutput);
    });

    [Theory]
    [MemberData(nameof(Skews))]
    public Task What_a_dead_host_had_goes_on_in_time(int owners, int others) => RunAsync(async () =>
    {
        int runs = 0;
        Activity<int, int>("once", async (_, context) =>
        {
            runs++;
            await (runs == 1 ? Task.Delay(Timeout.Infinite, context.CancellationToken) : Task.CompletedTask);
            return runs;
        });
        Orchestrator<int, int>("flow", (context, _) => context.CallActivityAsync<int>("once", 0));
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, time: Clock(owners));
        OrchestrationMetadata instance = await owner.Client.ScheduleNewOrchestrationInstanceAsync("flow", 0);
        await UntilAsync(() => runs > 0);
        await owner.KillAsync();
        DateTimeOffset died = Time.GetUtcNow();
        await using EmbeddedHost other = await Hub.StartAsync(Registry, s_options, time: Clock(others));
        Assert.Equal("2", (await EndOf(other.Client, instance)).SerializedOutput);
        Assert.InRange(
            Time.GetUtcNow() - died, TimeSpan.Zero, s_options.Ownership + s_options.SweepInterval + s_tolerance);
    });

    [Theory]
    [MemberData(nameof(Skews))]
    public Task A_timer_fires_when_it_is_due_whichever_host_has_set_it(int owners, int others) => RunAsync(async () =>
    {
        var wait = TimeSpan.FromMinutes(10);
        Orchestrator<int, DateTimeOffset>("timed", async (context, _) =>
        {
            await context.CreateTimer(wait, CancellationToken.None);
            return context.CurrentUtcDateTime;
        });
        EmbeddedHost owner = await Hub.StartAsync(Registry, s_options, time: Clock(owners));
        DateTimeOffset began = Time.GetUtcNow();
        OrchestrationMetadata instance = await owner.Client.ScheduleNewOrchestrationInstanceAsync("timed", 0);
        await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        await owner.StopAsync();
        await using EmbeddedHost other = await Hub.StartAsync(Registry, s_options, time: Clock(others));
        OrchestrationMetadata ended = await EndOf(other.Client, instance);
        Assert.InRange(Time.GetUtcNow() - began, wait - s_tolerance, wait + s_tolerance);
        Assert.InRange(JsonSerializer.Deserialize<DateTimeOffset>(ended.SerializedOutput!) - began, wait - s_tolerance, wait + s_tolerance);
    });

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public Task A_host_whose_clock_has_been_set_goes_on_to_sweep(int minutesAhead) => RunAsync(async () =>
    {
        var log = new RequestLog();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, s_options, log.Configure, Clock(minutesAhead));
        await Task.Delay(20 * s_options.SweepInterval, Time, Deadline);
        Assert.InRange(log.CountOf("GET", InstanceStore.ActivePrefix, "list"), 18, 22);
    });

    [Fact]
    public Task A_clock_that_is_right_is_left_as_it_is() => RunAsync(async () =>
    {
        var clock = new StorageClock(Time);
        for (int i = 0; i < 50; i++)
        {
            await LookAsync(clock, TimeSpan.Zero);
            Assert.Equal(TimeSpan.Zero, clock.Ahead);
            await Task.Delay(TimeSpan.FromMilliseconds(370), Time, Deadline);
        }
    });

    [Theory]
    [InlineData(-3_600)]
    [InlineData(-3)]
    [InlineData(3)]
    [InlineData(3_600)]
    public Task A_clock_that_is_wrong_is_right_within_a_second_after_one_answer(int ahead) => RunAsync(async () =>
    {
        var clock = new StorageClock(new SkewedTime(Time, TimeSpan.FromSeconds(ahead)));
        await LookAsync(clock, TimeSpan.Zero);
        Assert.InRange(clock.GetUtcNow() - Time.GetUtcNow(), TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(1));
    });

    [Theory]
    [InlineData("list")]
    [InlineData("read")]
    [InlineData("read what is there")]
    [InlineData("write")]
    [InlineData("ask")]
    public Task Each_answer_about_an_instance_sets_it(string request) => RunAsync(async () =>
    {
        var clock = new StorageClock(new SkewedTime(Time, TimeSpan.FromHours(-1)));
        var store = new InstanceStore(Hub.Container, Hub.Container, TimeSpan.FromSeconds(5), clock);
        var document = new InstanceDocument
        {
            Name = "plain",
            Id = "one",
            Status = OrchestrationRuntimeStatus.Pending,
            Created = Time.GetUtcNow(),
            Updated = Time.GetUtcNow(),
            WriteId = InstanceDocument.NewWriteId(),
            History = [],
        };
        if (request == "read what is there")
        {
            var other = new InstanceStore(Hub.Container, Hub.Container, TimeSpan.FromSeconds(5), new StorageClock(Time));
            await other.CreateAsync(document, other.ClientDeadline, Deadline);
        }

        await (request switch
        {
            "list" => store.ListAsync(InstanceStore.ActivePrefix, 10, null, null, Deadline).CountAsync(Deadline).AsTask(),
            "write" => store.CreateAsync(document, store.ClientDeadline, Deadline),
            "ask" => store.EnsureClockAsync(Deadline),
            _ => (Task)store.FindActiveAsync("one", Deadline),
        });
        Assert.InRange(clock.Ahead, TimeSpan.FromHours(1) - s_tolerance, TimeSpan.FromHours(1) + s_tolerance);
    });

    [Fact]
    public Task An_answer_that_took_long_says_little() => RunAsync(async () =>
    {
        var clock = new StorageClock(new SkewedTime(Time, TimeSpan.FromSeconds(-20)));
        await LookAsync(clock, TimeSpan.FromSeconds(30));
        Assert.InRange(clock.Ahead, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.Zero, clock.Ahead);
    });

    // An answer that is so long on its way.
    private async Task LookAsync(StorageClock clock, TimeSpan late)
    {
        long sending = clock.GetTimestamp();
        Response<BlobContainerProperties> answer = await Hub.Container.GetPropertiesAsync(cancellationToken: Deadline);
        await (late > TimeSpan.Zero ? Task.Delay(late, Time, Deadline) : Task.CompletedTask);
        clock.Observe(answer.GetRawResponse(), sending);
    }

    private SkewedTime Clock(int minutesAhead) => new(Time, TimeSpan.FromMinutes(minutesAhead));
}
