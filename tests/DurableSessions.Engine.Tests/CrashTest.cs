using System.Collections.Concurrent;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>A story of three activities, an event and a timer, and what may happen to its host at one request.</summary>
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

    /// <summary>The host dies at a request, and another one goes on.</summary>
    /// <returns>Whether the story had not ended before.</returns>
    protected async Task<bool> DieAtAsync(int number, bool carriesOutTheLast)
    {
        var transport = new FaultTransport();
        transport.StopTheWorldAt(number, carriesOutTheLast);
        bool died = false;
        await transport.ExplainAsync(async () =>
        {
            EmbeddedHost mortal = await Hub.StartAsync(Registry, Impatient, transport.Configure);
            Task story = TellAsync(mortal.Client, $"{number}");
            died = await Task.WhenAny(story, transport.Stopped).WaitAsync(Patience) != story;
            await mortal.KillAsync();
            transport.FailHanging();

            await using EmbeddedHost heir = await Hub.StartAsync(Registry, Impatient);
            OrchestrationMetadata ended = await TellAsync(heir.Client, $"{number}");
            Assert.Equal($"\"{number}xxyx\"", ended.SerializedOutput);
            Assert.Equal(1, ended.Generation);
            Assert.Equal(ended, await heir.Client.GetInstanceAsync(Id));
            await UntilGoneAsync();
            IReadOnlyList<OrchestrationHistoryEvent> history = (await heir.Client.GetHistoryAsync(Id))!;
            Assert.Equal(3, history.Count(e => e.EventType == "TaskCompleted"));
        });
        return died;
    }

    /// <summary>A fault happens to a request of the host, which goes on.</summary>
    /// <returns>Whether the story had not ended before.</returns>
    protected async Task<bool> DisturbAtAsync(int number, string name, bool fresh)
    {
        var twice = new SentTwice();
        var late = new ArrivesLate();
        Fault fault = name switch
        {
            "not sent" => Fault.FailBeforeSending,
            "answer dropped" => Fault.DropAnswer,
            "busy" => Fault.Respond(503, "ServerBusy"),
            "late" => late,
            _ => twice,
        };
        var transport = new FaultTransport();
        transport.AtRequest(number, fault);
        bool came = false;
        await transport.ExplainAsync(async () =>
        {
            await using EmbeddedHost host = await Hub.StartAsync(
                Registry, new EngineOptions { SweepInterval = TimeSpan.FromSeconds(1) }, transport.Configure);
            string text = $"{name} {fresh} {number} {Guid.NewGuid():N} ";
            OrchestrationMetadata ended = await TellAsync(host.Client, text, fresh);
            came = transport.Requests >= number;
            Assert.Equal($"\"{text}xxyx\"", ended.SerializedOutput);
            Assert.All(Steps.Where(s => s.Key.StartsWith(text, StringComparison.Ordinal)), s => Assert.Equal(1, s.Value));

            // What arrives when all is over changes nothing, and what it leaves is removed.
            await twice.DeliverCopiesAsync();
            await late.DeliverAsync();
            Assert.Equal(ended, await host.Client.GetInstanceAsync(Id));
            await using EmbeddedHost later = await Hub.StartAsync(Registry, Impatient);
            await UntilGoneAsync();
            Assert.Equal(ended, await later.Client.GetInstanceAsync(Id));
            Assert.All(Steps.Where(s => s.Key.StartsWith(text, StringComparison.Ordinal)), s => Assert.Equal(1, s.Value));
        });
        return came;
    }

    // A client whose request took too long while the clock went on sends it again.
    private async Task<OrchestrationMetadata> TellAsync(OrchestrationClient client, string text, bool fresh = false)
    {
        while (true)
        {
            try
            {
                OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync(
                    "story", text, new StartOrchestrationOptions(Id) { IsFreshId = fresh }, Patience);
                await client.RaiseEventAsync(Id, "go", "y", Patience);
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
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, Patience);
        }
    }
}
