using System.Collections.Concurrent;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>
/// An instance of three runs, each with an activity and an event, whose host meets a fault or dies at each of its requests.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class ContinuationCrashTests : EngineTest
{
    private const string Id = "continuing";
    private const int MostRequests = 22;
    private const int FewestRequests = 8;

    /// <summary>How many schedules of each kind are drawn for one request.</summary>
    private const int Drawn = 1;

    private readonly ConcurrentDictionary<string, int> _steps = new();

    public ContinuationCrashTests()
    {
        Activity<string, string>("step", (text, _) =>
        {
            _steps.AddOrUpdate(text, 1, static (_, n) => n + 1);
            return Task.FromResult(text + "x");
        });
        Orchestrator<string, string>("runs", async (context, text) =>
        {
            text = await context.CallActivityAsync<string>("step", text);
            string raised = await context.WaitForExternalEvent<string>("go");
            text += raised;
            if (raised != "c")
            {
                context.ContinueAsNew(text);
            }

            return text;
        });
    }

    public static TheoryData<string> Faults => [.. FaultNames];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_host_may_die_at_any_request(bool carriesOutTheLast) => AtEveryRequestAsync(carriesOutTheLast ? 1 : 0, async number =>
    {
        var transport = new FaultTransport();
        transport.StopTheWorldAt(number, carriesOutTheLast);
        bool died = false;
        await transport.ExplainAsync(async () =>
        {
            List<string> raised = [];
            EmbeddedHost first = await Hub.StartAsync(Registry, ShortOwnership, transport.Configure);
            Task runs = RunAsync(first.Client, raised, "");
            died = await Task.WhenAny(runs, transport.Stopped).WaitAsync(Deadline) != runs;
            await first.KillAsync();
            transport.FailHanging();

            // An event without an answer may have come: what was received says whether it is to be raised again.
            await using EmbeddedHost second = await Hub.StartAsync(Registry, ShortOwnership);
            OrchestrationMetadata ended = await RunAsync(second.Client, raised, "", asksFirst: died);
            Assert.Equal("\"xaxbxc\"", ended.SerializedOutput);
            Assert.Equal(("\"xaxb\"", 1), (ended.SerializedInput, ended.Generation));
            await UntilGoneAsync();
        });
        return died;
    });

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Any_request_may_be_lost_or_doubled_and_each_run_is_run_once(string name) => AtEveryRequestAsync(Seed(name), async number =>
    {
        (Fault fault, Func<Task> deliverAsync) = NamedFault(name);
        var transport = new FaultTransport();
        transport.AtRequest(number, fault);
        bool came = false;
        await transport.ExplainAsync(async () =>
        {
            _steps.Clear();
            await using EmbeddedHost host = await Hub.StartAsync(
                Registry, new EngineOptions { SweepInterval = TimeSpan.FromSeconds(1) }, transport.Configure);
            OrchestrationMetadata ended = await RunAsync(host.Client, [], "");
            came = transport.Requests >= number;
            Assert.Equal("\"xaxbxc\"", ended.SerializedOutput);
            Assert.Equal(["", "xa", "xaxb"], _steps.Keys.Order(StringComparer.Ordinal));
            Assert.All(_steps.Values, static n => Assert.Equal(1, n));
            await deliverAsync();
            Assert.Equal(ended, await host.Client.GetInstanceAsync(Id));
        });
        return came;
    });

    // The events one after another: the next once the one before has been answered. A client whose request timed out while the clock
    // went on first looks what has come of it.
    private async Task<OrchestrationMetadata> RunAsync(
        OrchestrationClient client, List<string> raised, string text, bool asksFirst = false)
    {
        while (true)
        {
            try
            {
                OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync(
                    "runs", text, new StartOrchestrationOptions(Id), Deadline);
                foreach (string letter in (string[])["a", "b", "c"])
                {
                    if (!raised.Contains(letter) && !(asksFirst && await HasReceivedAsync(client, letter)))
                    {
                        await client.RaiseEventAsync(Id, "go", letter, Deadline);
                        raised.Add(letter);
                    }
                }

                return await EndOf(client, instance);
            }
            catch (TimeoutException) when (IsDrawn)
            {
                asksFirst = true;
            }
        }
    }

    // In the history or the inbox, or in what the runs before have made of it.
    private async Task<bool> HasReceivedAsync(OrchestrationClient client, string letter) =>
        (await client.GetHistoryAsync(Id))!.Any(e =>
            (e.EventType == "EventRaised" && e.Payload == $"\"{letter}\"")
            || (e.EventType == "ExecutionStarted" && e.Payload!.Contains(letter, StringComparison.Ordinal)));

    private async Task UntilGoneAsync()
    {
        while (await HasActiveBlobAsync(Id))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, Deadline);
        }
    }

    private async Task AtEveryRequestAsync(int kind, Func<int, Task<bool>> at)
    {
        for (int number = 1; number <= MostRequests; number++)
        {
            bool came = false;
            await RunAsync(Schedule.InOrder, async () => came = await at(number));
            Assert.True(came || number > FewestRequests, $"The instance ended before request {number}.");
            for (int drawn = 0; drawn < Drawn; drawn++)
            {
                int seed = (((100 * kind) + number) * Drawn) + drawn;
                await RunAsync(Schedule.Uniform(seed), () => at(number));
                await RunAsync(Schedule.Priorities(seed), () => at(number));
            }
        }
    }

    // Of the drawn orders: each fault has its own.
    private static int Seed(string fault) => 2 + FaultNames.IndexOf(fault);
}
