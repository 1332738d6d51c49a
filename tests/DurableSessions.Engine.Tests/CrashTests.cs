using System.Collections.Concurrent;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>A host that dies, or whose requests get lost, late or doubled, at every single request.</summary>
public sealed class CrashTests : EngineTest
{
    private const string Id = "crashing";
    private const int Requests = 22;

    private readonly ConcurrentDictionary<string, int> _steps = new();

    public CrashTests(AzuriteFixture azurite)
        : base(azurite)
    {
        Activity<string, string>("step", (text, _) =>
        {
            _steps.AddOrUpdate(text, 1, static (_, n) => n + 1);
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
        Orchestrator<string, string>("short", (context, text) => context.CallActivityAsync<string>("step", text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_may_die_at_any_request(bool carriesOutTheLast) =>
        await Parallel.ForEachAsync(
            Enumerable.Range(1, Requests),
            new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Patience },
            async (number, _) => await DieAtAsync(number, carriesOutTheLast));

    private async Task DieAtAsync(int number, bool carriesOutTheLast)
    {
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        var transport = new FaultTransport();
        transport.StopTheWorldAt(number, carriesOutTheLast);
        await transport.ExplainAsync(async () =>
        {
            EmbeddedHost mortal = await hub.StartAsync(Registry, Impatient, transport.Configure);
            Task story = TellAsync(mortal.Client, $"{number}");
            await Task.WhenAny(story, transport.Stopped).WaitAsync(Patience);
            await mortal.KillAsync();
            transport.FailHanging();

            await using EmbeddedHost heir = await hub.StartAsync(Registry, Impatient);
            OrchestrationMetadata ended = await TellAsync(heir.Client, $"{number}");
            Assert.Equal($"\"{number}xxyx\"", ended.SerializedOutput);
            Assert.Equal(1, ended.Generation);
            Assert.Equal(ended, await heir.Client.GetInstanceAsync(Id));
            await UntilGoneAsync(hub);
            IReadOnlyList<OrchestrationHistoryEvent> history = (await heir.Client.GetHistoryAsync(Id))!;
            Assert.Equal(3, history.Count(e => e.EventType == "TaskCompleted"));
        });
    }

    public static TheoryData<string, bool> Faults => new(
        from fault in (string[])["not sent", "answer dropped", "busy", "sent twice"]
        from fresh in (bool[])[true, false]
        select (fault, fresh));

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Any_write_may_be_lost_or_doubled_and_nothing_is_done_twice(string fault, bool fresh) =>
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 10),
            new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Patience },
            async (skip, _) => await DisturbAsync(fault, fresh, skip));

    private async Task DisturbAsync(string name, bool fresh, int skip)
    {
        var twice = new SentTwice();
        Fault fault = name switch
        {
            "not sent" => Fault.FailBeforeSending,
            "answer dropped" => Fault.DropAnswer,
            "busy" => Fault.Respond(503, "ServerBusy"),
            _ => twice,
        };
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        var transport = new FaultTransport();
        transport.When(r => r.IsWrite, fault, skip);
        await transport.ExplainAsync(async () =>
        {
            await using EmbeddedHost host = await hub.StartAsync(
                Registry, new EngineOptions { SweepInterval = TimeSpan.FromSeconds(1) }, transport.Configure);
            string text = $"{name} {fresh} {skip} ";
            OrchestrationMetadata ended = await TellAsync(host.Client, text, fresh);
            Assert.Equal($"\"{text}xxyx\"", ended.SerializedOutput);
            Assert.All(_steps.Where(s => s.Key.StartsWith(text, StringComparison.Ordinal)), s => Assert.Equal(1, s.Value));

            // Copies that arrive when all is over change nothing, and what they leave is removed.
            await twice.DeliverCopiesAsync();
            Assert.Equal(ended, await host.Client.GetInstanceAsync(Id));
            await using EmbeddedHost later = await hub.StartAsync(Registry, Impatient);
            await UntilGoneAsync(hub);
            Assert.Equal(ended, await later.Client.GetInstanceAsync(Id));
            Assert.All(_steps.Where(s => s.Key.StartsWith(text, StringComparison.Ordinal)), s => Assert.Equal(1, s.Value));
        });
    }

    [Fact]
    public async Task A_late_copy_of_a_creation_is_not_run_and_hides_no_result()
    {
        var twice = new SentTwice();
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        var transport = new FaultTransport();
        transport.When(r => r.IsWrite, twice);
        await using EmbeddedHost host = await hub.StartAsync(Registry, Impatient, transport.Configure);
        OrchestrationMetadata ended = await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "short", "late", new StartOrchestrationOptions(Id) { IsFreshId = true }));
        Assert.Equal([201], await twice.DeliverCopiesAsync());

        Assert.Equal(ended, await host.Client.GetInstanceAsync(Id));
        Assert.False(await host.Client.RaiseEventAsync(Id, "go"));
        await host.Client.TerminateInstanceAsync(Id);
        Assert.Equal(ended, await host.Client.ScheduleNewOrchestrationInstanceAsync("short", "other", new StartOrchestrationOptions(Id)));
        await UntilGoneAsync(hub);
        Assert.Equal(ended, await host.Client.GetInstanceAsync(Id));
        Assert.Equal(1, _steps["late"]);
    }

    [Fact]
    public async Task An_instance_survives_that_storage_is_away_for_longer_than_its_ownership()
    {
        bool away = false;
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        var transport = new FaultTransport();
        transport.When(_ => Volatile.Read(ref away), Fault.Respond(503, "ServerBusy"), times: int.MaxValue);
        Activity<string, string>("goes-away", (text, _) =>
        {
            Volatile.Write(ref away, _steps.AddOrUpdate("away", 1, static (_, n) => n + 1) == 1);
            return Task.FromResult(text);
        });
        Orchestrator<string, string>("outage", (context, text) => context.CallActivityAsync<string>("goes-away", text));
        await using EmbeddedHost host = await hub.StartAsync(Registry, Impatient, transport.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("outage", "here");
        await UntilAsync(() => away);
        await Task.Delay(Impatient.Ownership * 2.5, Patience);
        Volatile.Write(ref away, false);

        Assert.Equal("\"here\"", (await EndOf(host.Client, instance)).SerializedOutput);
    }

    [Fact]
    public async Task A_stop_gives_back_what_runs_even_if_an_activity_does_not_listen()
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
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        var patient = new EngineOptions { Ownership = TimeSpan.FromMinutes(10), StopTimeout = TimeSpan.FromSeconds(20) };
        EmbeddedHost first = await hub.StartAsync(Registry, patient);
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("deaf-story", "heard");
        await started.Task.WaitAsync(Patience);
        await first.StopAsync();
        await using EmbeddedHost second = await hub.StartAsync(Registry, patient);

        Assert.Equal("\"heard\"", (await EndOf(second.Client, instance)).SerializedOutput);
    }

    private async Task<OrchestrationMetadata> TellAsync(OrchestrationClient client, string text, bool fresh = false)
    {
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync(
            "story", text, new StartOrchestrationOptions(Id) { IsFreshId = fresh }, Patience);
        await client.RaiseEventAsync(Id, "go", "y", Patience);
        return await EndOf(client, instance);
    }

    private async Task UntilGoneAsync(EmbeddedHub hub)
    {
        while (await HasActiveBlobAsync(hub, Id))
        {
            await Task.Delay(20, Patience);
        }
    }
}
