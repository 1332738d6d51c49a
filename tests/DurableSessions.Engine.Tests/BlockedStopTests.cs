using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>An activity that blocks a thread: a simulation has no threads to block.</summary>
public sealed class BlockedStopTests(AzuriteFixture azurite) : EngineTest(azurite)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    [Fact]
    public Task A_stop_does_not_wait_for_what_activities_do_when_they_are_cancelled() => RunAsync(async () =>
    {
        using var release = new ManualResetEventSlim();
        int calls = 0;
        int running = 0;
        var started = new TaskCompletionSource();
        Activity<int, int>("slow-to-go", async (i, context) =>
        {
            if (Interlocked.Increment(ref calls) > 2)
            {
                return i;
            }

            context.CancellationToken.Register(() => release.Wait(TimeSpan.FromMinutes(1)));
            if (Interlocked.Increment(ref running) == 2)
            {
                started.SetResult();
            }

            await new TaskCompletionSource().Task;
            return i;
        });
        Orchestrator<int, int>("slow", (context, i) => context.CallActivityAsync<int>("slow-to-go", i));
        var longOwnership = new EngineOptions { Ownership = TimeSpan.FromMinutes(10), StopTimeout = TimeSpan.FromSeconds(15) };
        longOwnership.ActivityStopTimeout = TimeSpan.Zero;
        EmbeddedHost first = await Hub.StartAsync(Registry, longOwnership);
        OrchestrationMetadata one = await first.Client.ScheduleNewOrchestrationInstanceAsync("slow", 1);
        OrchestrationMetadata other = await first.Client.ScheduleNewOrchestrationInstanceAsync("slow", 2);
        await started.Task.WaitAsync(Deadline);
        try
        {
            await first.StopAsync().WaitAsync(TimeSpan.FromSeconds(10), Time, Deadline);
            await using EmbeddedHost second = await Hub.StartAsync(Registry, longOwnership);

            Assert.Equal("1", (await EndOf(second.Client, one).WaitAsync(s_soon, Time, Deadline)).SerializedOutput);
            Assert.Equal("2", (await EndOf(second.Client, other).WaitAsync(s_soon, Time, Deadline)).SerializedOutput);
        }
        finally
        {
            release.Set();
        }
    });
}
