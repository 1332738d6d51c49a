using System.Collections.Concurrent;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>
/// A parent with a child that has a given id, one that fails and is tried again under its id, and one whose id is drawn. The host of both,
/// of the parent or of the children meets a fault or dies at each of its requests.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class SubOrchestrationCrashTests : EngineTest
{
    private const string Id = "family-1";
    private const int MostRequests = 90;
    private const int FewestRequests = 30;

    private static readonly string[] s_roles = ["family", "parent", "child"];

    private static readonly EngineOptions s_options = new() { SweepInterval = TimeSpan.FromSeconds(1) };

    private readonly ConcurrentDictionary<string, int> _steps = new();
    private OrchestrationClient? _client;

    public SubOrchestrationCrashTests()
    {
        Activity<string, string>("step", (text, _) =>
        {
            _steps.AddOrUpdate(text, 1, static (_, n) => n + 1);
            return Task.FromResult(text + "x");
        });
        Orchestrator<string, string>("parent", async (context, text) =>
        {
            var retry = new RetryPolicy(2, TimeSpan.FromMilliseconds(20));
            text = await context.CallSubOrchestratorAsync<string>("child", text, new SubOrchestrationOptions("given"));
            text = await context.CallSubOrchestratorAsync<string>("child-fails", text + "f", new SubOrchestrationOptions("given", retry));
            return await context.CallSubOrchestratorAsync<string>("child", text + "d");
        });
        Orchestrator<string, string>("child", (context, text) => context.CallActivityAsync<string>("step", text));

        // The first instance with the id had another child; this is its second or third generation.
        Orchestrator<string, string>("child-fails", async (context, text) =>
        {
            string stepped = await context.CallActivityAsync<string>("step", text);
            return await context.CallActivityAsync<int>("attempt", context.InstanceId) == 1
                ? throw new InvalidOperationException("the first attempt")
                : stepped;
        });
        Activity<string, int>("attempt", async (id, context) =>
            (await _client!.GetInstanceAsync(id, context.CancellationToken))!.Generation - 1);
    }

    public static TheoryData<string, bool> Deaths => new(
        from role in s_roles
        from carriesOutTheLast in (bool[])[true, false]
        select (role, carriesOutTheLast));

    public static TheoryData<string, string> Faults => new(
        from role in s_roles
        from fault in FaultNames
        where role == "family" || fault is "answer dropped" or "late"
        select (role, fault));

    [Theory]
    [MemberData(nameof(Deaths))]
    public Task A_host_may_die_at_any_request(string role, bool carriesOutTheLast) => AtEveryRequestAsync(
        (10 * Array.IndexOf(s_roles, role)) + (carriesOutTheLast ? 1 : 0),
        async number =>
        {
            var transport = new FaultTransport();
            transport.StopTheWorldAt(number, carriesOutTheLast);
            bool died = false;
            await transport.ExplainAsync(async () =>
            {
                EmbeddedHost faulty = await Hub.StartAsync(Part(role), ShortOwnership, transport.Configure);
                EmbeddedHost other = await Hub.StartAsync(OtherPart(role), ShortOwnership);
                await using EmbeddedHost reader = await Hub.StartAsync(Registry, start: false);
                _client = reader.Client;
                Task<OrchestrationMetadata> family = FamilyAsync(role == "child" ? other.Client : faulty.Client);
                died = await Task.WhenAny(family, transport.Stopped).WaitAsync(Deadline) != family;
                await faulty.KillAsync();
                transport.FailHanging();

                await using EmbeddedHost next = await Hub.StartAsync(Registry, ShortOwnership);
                await CheckAsync(next.Client, await FamilyAsync(next.Client));
                await other.KillAsync();
            });
            return died;
        });

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Any_request_may_be_lost_or_doubled_and_nothing_is_done_twice(string role, string name) => AtEveryRequestAsync(
        (10 * Array.IndexOf(s_roles, role)) + 2 + FaultNames.IndexOf(name),
        async number =>
        {
            (Fault fault, Func<Task> deliverAsync) = NamedFault(name);
            var transport = new FaultTransport();
            transport.AtRequest(number, fault);
            bool came = false;
            await transport.ExplainAsync(async () =>
            {
                _steps.Clear();
                await using EmbeddedHost faulty = await Hub.StartAsync(Part(role), s_options, transport.Configure);
                await using EmbeddedHost other = await Hub.StartAsync(OtherPart(role), s_options);
                await using EmbeddedHost reader = await Hub.StartAsync(Registry, start: false);
                _client = reader.Client;
                OrchestrationMetadata ended = await FamilyAsync(role == "child" ? other.Client : faulty.Client);
                came = transport.Requests >= number;
                await deliverAsync();
                await CheckAsync(other.Client, ended);
                Assert.Equal(2, _steps["xf"]);
                Assert.Equal(["", "xf", "xfxd"], _steps.Keys.Order(StringComparer.Ordinal));
                Assert.All(_steps.Where(static s => s.Key != "xf"), static s => Assert.Equal(1, s.Value));
            });
            return came;
        });

    private async Task CheckAsync(OrchestrationClient client, OrchestrationMetadata ended)
    {
        Assert.Equal(("\"xfxdx\"", null), (ended.SerializedOutput, ended.FailureDetails?.ErrorMessage));
        Assert.Equal(1, ended.Generation);
        while ((await client.ListInstancesAsync(
            new OrchestrationQuery { Statuses = OrchestrationRuntimeStatuses.NotOver }, Deadline)).Values.Count > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, Deadline);
        }

        Assert.Equal(ended, await client.GetInstanceAsync(Id));
        OrchestrationMetadata given = (await client.GetInstanceAsync("given"))!;
        Assert.Equal(("\"xfx\"", 3), (given.SerializedOutput, given.Generation));
        IReadOnlyList<OrchestrationMetadata> all = (await client.ListInstancesAsync(new OrchestrationQuery(), Deadline)).Values;
        Assert.Equal(3, all.Count);
        Assert.All(all, static m => Assert.Equal((OrchestrationRuntimeStatus.Completed, "blue"), (m.RuntimeStatus, m.Tags["team"])));
        IReadOnlyList<OrchestrationHistoryEvent> history = (await client.GetHistoryAsync(Id))!;
        Assert.Equal(4, history.Count(static e => e.EventType == "SubOrchestrationInstanceCreated"));
        Assert.Equal(3, history.Count(static e => e.EventType == "SubOrchestrationInstanceCompleted"));
        Assert.Single(history, static e => e.EventType == "SubOrchestrationInstanceFailed");
    }

    // A client whose request timed out while the clock went on sends it again.
    private async Task<OrchestrationMetadata> FamilyAsync(OrchestrationClient client)
    {
        while (true)
        {
            try
            {
                var options = new StartOrchestrationOptions(Id) { Tags = new Dictionary<string, string> { ["team"] = "blue" } };
                return await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("parent", "", options, Deadline));
            }
            catch (TimeoutException) when (IsDrawn)
            {
            }
        }
    }

    private OrchestrationRegistry Part(string role)
    {
        var part = new OrchestrationRegistry();
        foreach ((string name, Func<ITaskActivity> create) in Registry.Activities)
        {
            part.AddActivity(name, create);
        }

        foreach ((string name, Func<ITaskOrchestrator> create) in Registry.Orchestrators)
        {
            if (role == "family" || name.StartsWith(role, StringComparison.Ordinal))
            {
                part.AddOrchestrator(name, create);
            }
        }

        return part;
    }

    private OrchestrationRegistry OtherPart(string role) => role switch
    {
        "parent" => Part("child"),
        "child" => Part("parent"),
        _ => new OrchestrationRegistry(),
    };

    private async Task AtEveryRequestAsync(int kind, Func<int, Task<bool>> at)
    {
        bool came = true;
        for (int number = 1; came; number++)
        {
            Assert.True(number <= MostRequests, "The family has more requests than expected.");
            await RunAsync(Schedule.InOrder, async () => came = await at(number));
            Assert.True(came || number > FewestRequests, $"The family ended before request {number}.");
            int seed = (100 * kind) + number;
            await RunAsync(number % 2 == 0 ? Schedule.Uniform(seed) : Schedule.Priorities(seed), () => at(number));
        }
    }
}
