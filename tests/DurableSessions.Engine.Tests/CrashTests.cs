using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>
/// A host that dies, or whose request is lost, late or sent twice, at each of its requests: in order, and by drawn schedules.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class CrashTests : CrashTest
{
    /// <summary>The requests that the orchestration needs at least.</summary>
    private const int FewestRequests = 8;

    /// <summary>How many schedules of each kind are drawn for one request.</summary>
    private const int Drawn = 3;

    public CrashTests() => Orchestrator<string, string>("short", (context, text) => context.CallActivityAsync<string>("step", text));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_host_may_die_at_any_request(bool carriesOutTheLast) =>
        AtEveryRequestAsync(22, carriesOutTheLast ? 1 : 0, number => DieAtAsync(number, carriesOutTheLast));

    public static TheoryData<string, bool> Faults => new(
        from fault in FaultNames
        from fresh in (bool[])[true, false]
        select (fault, fresh));

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Any_request_may_be_lost_or_doubled_and_nothing_is_done_twice(string fault, bool fresh) =>
        AtEveryRequestAsync(14, 2 + (2 * FaultNames.IndexOf(fault)) + (fresh ? 1 : 0), number => DisturbAtAsync(number, fault, fresh));

    [Fact]
    public Task A_late_copy_of_a_creation_is_not_run_and_hides_no_result() => RunAsync(async () =>
    {
        var twice = new SentTwice();
        var transport = new FaultTransport();
        transport.When(r => r.IsWrite, twice);
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership, transport.Configure);
        OrchestrationMetadata ended = await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "short", "late", new StartOrchestrationOptions(Id) { IsFreshId = true }));
        Assert.Equal([201], await twice.DeliverCopiesAsync());

        Assert.Equal(ended, await host.Client.GetInstanceAsync(Id));
        Assert.False(await host.Client.RaiseEventAsync(Id, "go"));
        await host.Client.TerminateInstanceAsync(Id);
        Assert.Equal(ended, await host.Client.ScheduleNewOrchestrationInstanceAsync("short", "other", new StartOrchestrationOptions(Id)));
        await UntilGoneAsync();
        Assert.Equal(ended, await host.Client.GetInstanceAsync(Id));
        Assert.Equal(1, Steps["late"]);
    });

    [Fact]
    public Task An_instance_runs_at_once_though_the_answer_to_its_creation_was_lost() => RunAsync(async () =>
    {
        var transport = new FaultTransport();
        transport.When(r => r.IsWrite, Fault.DropAnswer);
        var longOwnership = new EngineOptions { Ownership = TimeSpan.FromMinutes(10), SweepInterval = TimeSpan.FromMinutes(10) };
        await using EmbeddedHost host = await Hub.StartAsync(Registry, longOwnership, transport.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("short", "lost");

        Assert.Equal("\"lostx\"", (await EndOf(host.Client, instance)).SerializedOutput);
    });

    [Fact]
    public Task An_instance_survives_that_storage_is_away_for_longer_than_its_ownership() => RunAsync(async () =>
    {
        bool away = false;
        var transport = new FaultTransport();
        transport.When(_ => Volatile.Read(ref away), Fault.Respond(503, "ServerBusy"), times: int.MaxValue);
        Activity<string, string>("goes-away", (text, _) =>
        {
            Volatile.Write(ref away, Steps.AddOrUpdate("away", 1, static (_, n) => n + 1) == 1);
            return Task.FromResult(text);
        });
        Orchestrator<string, string>("outage", (context, text) => context.CallActivityAsync<string>("goes-away", text));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership, transport.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("outage", "here");
        await UntilAsync(() => away);
        await Task.Delay(ShortOwnership.Ownership * 2.5, Time, Deadline);
        Volatile.Write(ref away, false);

        Assert.Equal("\"here\"", (await EndOf(host.Client, instance)).SerializedOutput);
    });

    [Fact]
    public Task A_stop_gives_back_what_runs_even_if_an_activity_does_not_listen() => RunAsync(async () =>
    {
        var started = new TaskCompletionSource();
        int calls = 0;
        Activity<string, string>("deaf", async (text, _) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                started.SetResult();
                await new TaskCompletionSource().Task;
            }

            return text;
        });
        Orchestrator<string, string>("deaf-story", (context, text) => context.CallActivityAsync<string>("deaf", text));
        var longOwnership = new EngineOptions { Ownership = TimeSpan.FromMinutes(10), StopTimeout = TimeSpan.FromSeconds(20) };
        EmbeddedHost first = await Hub.StartAsync(Registry, longOwnership);
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("deaf-story", "heard");
        await started.Task.WaitAsync(Deadline);
        await first.StopAsync();
        await using EmbeddedHost second = await Hub.StartAsync(Registry, longOwnership);

        Assert.Equal("\"heard\"", (await EndOf(second.Client, instance)).SerializedOutput);
    });

    // Past the last request of the orchestration too; each run draws the same schedules.
    private async Task AtEveryRequestAsync(int requests, int kind, Func<int, Task<bool>> at)
    {
        for (int number = 1; number <= requests; number++)
        {
            bool came = false;
            await RunAsync(Schedule.InOrder, async () => came = await at(number));
            Assert.True(came || number > FewestRequests, $"The story ended before request {number}.");
            for (int drawn = 0; drawn < Drawn; drawn++)
            {
                int seed = (((100 * kind) + number) * Drawn) + drawn;
                await RunAsync(Schedule.Uniform(seed), () => at(number));
                await RunAsync(Schedule.Priorities(seed), () => at(number));
            }
        }
    }
}
