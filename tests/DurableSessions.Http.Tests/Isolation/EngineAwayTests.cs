using System.Net;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests.Isolation;

/// <summary>Every route of a host whose engine does not answer.</summary>
public sealed class EngineAwayTests : IAsyncLifetime
{
    private const string Memory = "/api/v1/memories/events/remembered";
    private const string Plan = "/api/v1/sessions/plan";
    private const string Degraded = "/api/v1/sessions/degraded";
    private const string Instance = "/runtime/webhooks/durabletask/instances/{instance_id}";

    private static readonly HttpLimits s_limits = new() { RequestsPerSecond = 10_000, Burst = 10_000 };

    // A commit whose model is away has its digest at once.
    private static readonly SessionOptions s_once = new() { Semantic = new SemanticPolicy { MaxAttempts = 1 } };

    private static readonly string[] s_needEngine =
    [
        "DELETE /api/v1/sessions/{session_id}",
        "POST /api/v1/sessions/{session_id}/commit",
        "POST /api/v1/sessions/{session_id}/archives/{archive_id}/digest",
        "GET /api/v1/tasks/",
        "GET /api/v1/tasks/{task_id}",
        "GET /api/v1/tasks/{task_id}/events",
        "POST /api/v1/tasks/{task_id}/cancel",
        "POST /api/v1/tasks/{task_id}/retry",
        "POST /api/v1/digest_again",
        "POST /api/v1/system/digest_again",
        "POST /api/v1/system/wait",
        "GET /runtime/webhooks/durabletask/instances/",
        "GET " + Instance,
        "DELETE " + Instance,
        "POST " + Instance + "/raiseEvent/{event_name}",
        "POST " + Instance + "/terminate",
        "POST " + Instance + "/suspend",
        "POST " + Instance + "/resume",
    ];

    private readonly SessionStorage _storage = new SimulatedStorage().Connect("away");
    private string _owner = "";
    private string _operator = "";
    private string _task = "";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _storage.Container.CreateAsync(cancellationToken: Cancelled);
        var keys = new KeyStore(_storage.Container, TimeProvider.System);
        _owner = (await keys.AddAsync("acme", "ann", Cancelled)).Text;
        _operator = (await keys.AddAsync(null, null, Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(_storage, keyTime: TimeProvider.System, limits: s_limits, options: s_once);
        _task = await CommitAsync(host, Plan);
        host.Processor.IsAway = true;
        await CommitAsync(host, Degraded);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_route_that_needs_it_answers_503_with_when_to_try_again_and_the_others_go_on()
    {
        await using ApiHost host = await StartWithoutEngineAsync();
        var unavailable = new List<string>();
        var wrong = new List<string>();
        foreach ((string route, RouteAccess access) in RouteTable.All.Where(static r => r.Key is not ("GET /ready" or "GET /bug")))
        {
            // Another route may have deleted it.
            (await host.SendAsync(Memory, _owner, HttpMethod.Put, """{"content":"there again"}""")).Succeeded();
            using HttpRequestMessage request = access.Request(route, new RouteValues("plan", _task, "remembered"));
            request.Headers.Add("X-API-Key", access.Kind == RouteKind.Operator ? _operator : _owner);
            Reply reply = await host.SendAsync(request);
            if (reply.Status == HttpStatusCode.ServiceUnavailable)
            {
                unavailable.Add(route);
            }

            bool isAsItShouldBe = reply.Status == HttpStatusCode.ServiceUnavailable
                ? (reply.Headers.RetryAfter?.Delta, reply.Error.GetProperty("code").GetString()) == (TimeSpan.FromSeconds(2), "UNAVAILABLE")
                : (int)reply.Status is >= 200 and < 400;
            if (!isAsItShouldBe)
            {
                wrong.Add($"{route}: {reply.Status}, {reply.Headers.RetryAfter}, {reply.Text}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
        Assert.Equal(s_needEngine.Order(StringComparer.Ordinal), unavailable.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_host_without_it_is_not_ready()
    {
        await using ApiHost host = await StartWithoutEngineAsync();
        Reply reply = await host.SendAsync("/ready", _owner);
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, """{"status":"not_ready","checks":{"storage":"ok","engine":"unavailable"}}"""),
            (reply.Status, reply.Text));
    }

    [Fact]
    public async Task Messages_over_the_threshold_of_an_automatic_commit_are_stored_and_committed_once_it_answers()
    {
        const string Policy = """{"auto_commit_policy":{"message_count_threshold":1,"idle_timeout_seconds":3600}}""";
        await using (ApiHost host = await StartWithoutEngineAsync())
        {
            (await host.SendAsync($"{Plan}/config", _owner, HttpMethod.Patch, Policy)).Succeeded();
            await AppendAsync(host, Plan);
            await AppendAsync(host, Plan);
        }

        await using ApiHost again = await ApiHost.StartAsync(_storage, keyTime: TimeProvider.System, limits: s_limits);
        await AppendAsync(again, Plan);
        Reply archive = await again.SendAsync($"{Plan}/archives/archive_002", _owner);
        for (int tries = 0; tries < 1_000 && archive.Status == HttpStatusCode.NotFound; tries++)
        {
            (await again.SendAsync("/api/v1/system/wait", _owner, HttpMethod.Post, """{"timeout":60}""")).Succeeded();
            archive = await again.SendAsync($"{Plan}/archives/archive_002", _owner);
        }

        Assert.Equal(3, archive.Succeeded().Result.GetProperty("messages").GetArrayLength());
    }

    private Task<ApiHost> StartWithoutEngineAsync() => ApiHost.StartAsync(
        _storage, withEngine: false, keyTime: TimeProvider.System, limits: s_limits, orchestrations: new Away());

    private async Task AppendAsync(ApiHost host, string session) =>
        (await host.SendAsync($"{session}/messages", _owner, HttpMethod.Post, """{"role":"user","content":"remember this"}"""))
            .Succeeded();

    private async Task<string> CommitAsync(ApiHost host, string session)
    {
        await AppendAsync(host, session);
        return (await host.SendAsync($"{session}/commit?wait=60", _owner, HttpMethod.Post, "{}")).ResultText("task_id");
    }

    private sealed class Away : DelegatingOrchestrationClient
    {
        protected override OrchestrationClient Inner =>
            throw new OrchestrationUnavailableException("The engine does not answer; try again.");
    }
}
