using System.Collections.Concurrent;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>An orchestration of three activities, an event and a timer, with a crash or a fault at one request of its host.</summary>
public abstract class CrashTest : EngineTest
{
    protected const string Id = "crashing";

    protected CrashTest(StorageFixture? storage = null)
        : base(storage)
    {
        Activity<string, string>("step", (text, _) =>
        {
            Steps.AddOrUpdate(text, 1, static (_, n) => n + 1);
            return Task.FromResult(text + "x");
        });
        Orchestrator<string, string>("story", async (context, text) =>
        {
            text = await context.CallActivityAsync<string>("step", text);
            text = await context.CallActivityAsync<string>("step", text);
            text += await context.WaitForExternalEvent<string>("go");
            await context.CreateTimer(TimeSpan.FromMilliseconds(20), CancellationToken.None);
            return await context.CallActivityAsync<string>("step", text);
        });
    }

    /// <summary>How often each activity ran, by its input.</summary>
    protected ConcurrentDictionary<string, int> Steps { get; } = new();

    /// <summary>The host dies at a request, and another host runs the instance to its end.</summary>
    /// <returns>Whether the host sent that request before the instance ended.</returns>
    protected async Task<bool> DieAtAsync(int number, bool carriesOutTheLast)
    {
        var transport = new FaultTransport();
        transport.StopTheWorldAt(number, carriesOutTheLast);
        bool died = false;
        await transport.ExplainAsync(async () =>
        {
            EmbeddedHost first = await Hub.StartAsync(Registry, ShortOwnership, transport.Configure);
            Task story = RunStoryAsync(first.Client, $"{number}");
            died = await Task.WhenAny(story, transport.Stopped).WaitAsync(Deadline) != story;
            await first.KillAsync();
            transport.FailHanging();

            await using EmbeddedHost second = await Hub.StartAsync(Registry, ShortOwnership);
            OrchestrationMetadata ended = await RunStoryAsync(second.Client, $"{number}");
            Assert.Equal($"\"{number}xxyx\"", ended.SerializedOutput);
            Assert.Equal(1, ended.Generation);
            Assert.Equal(ended, await second.Client.GetInstanceAsync(Id));
            await UntilGoneAsync();
            IReadOnlyList<OrchestrationHistoryEvent> history = (await second.Client.GetHistoryAsync(Id))!;
            Assert.Equal(3, history.Count(e => e.EventType == "TaskCompleted"));
        });
        return died;
    }

    /// <summary>A request of the host meets a fault, and the host goes on.</summary>
    /// <returns>Whether the host sent that request before the instance ended.</returns>
    protected async Task<bool> DisturbAtAsync(int number, string name, bool fresh)
    {
        (Fault fault, Func<Task> deliverAsync) = NamedFault(name);
        var transport = new FaultTransport();
        transport.AtRequest(number, fault);
        bool came = false;
        await transport.ExplainAsync(async () =>
        {
            await using EmbeddedHost host = await Hub.StartAsync(
                Registry, new EngineOptions { SweepInterval = TimeSpan.FromSeconds(1) }, transport.Configure);
            string text = $"{name} {fresh} {number} {Guid.NewGuid():N} ";
            OrchestrationMetadata ended = await RunStoryAsync(host.Client, text, fresh);
            came = transport.Requests >= number;
            Assert.Equal($"\"{text}xxyx\"", ended.SerializedOutput);
            Assert.All(Steps.Where(s => s.Key.StartsWith(text, StringComparison.Ordinal)), s => Assert.Equal(1, s.Value));

            // A request that arrives after the end changes nothing, and a host removes the ghost that it leaves.
            await deliverAsync();
            Assert.Equal(ended, await host.Client.GetInstanceAsync(Id));
            await using EmbeddedHost later = await Hub.StartAsync(Registry, ShortOwnership);
            await UntilGoneAsync();
            Assert.Equal(ended, await later.Client.GetInstanceAsync(Id));
            Assert.All(Steps.Where(s => s.Key.StartsWith(text, StringComparison.Ordinal)), s => Assert.Equal(1, s.Value));
        });
        return came;
    }

    // A client whose request timed out while the clock went on sends it again.
    private async Task<OrchestrationMetadata> RunStoryAsync(OrchestrationClient client, string text, bool fresh = false)
    {
        while (true)
        {
            try
            {
                OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync(
                    "story", text, new StartOrchestrationOptions(Id) { IsFreshId = fresh }, Deadline);
                await client.RaiseEventAsync(Id, "go", "y", Deadline);
                return await EndOf(client, instance);
            }
            catch (TimeoutException) when (IsDrawn)
            {
                fresh = false;
            }
        }
    }

    protected async Task UntilGoneAsync()
    {
        while (await HasActiveBlobAsync(Id))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, Deadline);
        }
    }
}
