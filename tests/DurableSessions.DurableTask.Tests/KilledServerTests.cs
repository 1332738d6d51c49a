using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DurableSessions.Core.Commits;
using DurableSessions.Testing;
using DurableSessions.Testing.Kills;
using global::DurableTask.Core.History;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// The real server with <c>Engine=DurableTask</c>, and the real Functions app, in processes that are killed. A task hub in memory takes
/// back what a killed host had; one on Azure Storage is a process that is killed too.
/// </summary>
public sealed class KilledServerTests(AzuriteFixture azurite, WholeAzurite taskHubs, ITestOutputHelper output)
{
    [Fact]
    public Task Server_on_a_hub_in_memory() =>
        RunAsync(static () => Task.FromResult<IKilledHub>(new KilledMemoryHub()), KilledPrograms.StartServerAsync, rounds: 6, 30);

    [Fact]
    public Task Server_on_a_hub_on_Azure_Storage()
    {
        KilledPrograms.Require();
        return RunAsync(StorageHubAsync, KilledPrograms.StartServerAsync, rounds: 4, 90);
    }

    [Fact]
    public Task Functions_on_a_hub_in_memory()
    {
        KilledPrograms.Require();
        return RunAsync(
            static () => Task.FromResult<IKilledHub>(new KilledMemoryHub()), KilledPrograms.StartFunctionsAsync, rounds: 4, 30);
    }

    [Fact]
    public Task Functions_on_a_hub_on_Azure_Storage()
    {
        KilledPrograms.Require();
        return RunAsync(StorageHubAsync, KilledPrograms.StartFunctionsAsync, rounds: 4, 90);
    }

    [Fact]
    public async Task An_invocation_that_fails_before_the_API_runs_is_answered_as_a_failure()
    {
        KilledPrograms.Require();
        (Dictionary<string, string> settings, string key) = await KilledPrograms.PrepareAsync(azurite);
        settings["CLIENT_TIMEOUT"] = "never";
        await using IKilledHub hub = new KilledMemoryHub();
        await using ServerProcess app = await KilledPrograms.StartFunctionsAsync(settings, await hub.RestartAsync());

        using var append = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Address, "api/v1/sessions/s1/messages"));
        append.Headers.Add("X-API-Key", key);
        append.Headers.Add("X-Request-ID", "r1");
        append.Content = JsonContent.Create(new { role = "user", content = "hello" });
        using HttpResponseMessage answer = await app.Client.SendAsync(append, TestContext.Current.CancellationToken);
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        // The stand-in does not end when it is asked to.
        await app.KillAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        var envelope = JsonNode.Parse(text);
        Assert.Equal("INTERNAL", (string?)envelope?["error"]?["code"]);
        Assert.Equal("r1", (string?)envelope?["error"]?["details"]?["request_id"]);
        Assert.Equal(["r1"], answer.Headers.GetValues("X-Request-ID"));
    }

    [Fact]
    public async Task A_worker_that_is_stopped_in_a_digest_takes_none_of_its_attempts()
    {
        KilledPrograms.Require();
        await StopInDigestAsync(KilledPrograms.StartFunctionsAsync, async host =>
        {
            Signal.Send(KilledPrograms.WorkerOf(host), Signal.Terminate);

            // The stand-in ends with its worker, and says before whether it got an answer that an activity failed.
            Assert.Equal(3, await host.WaitForExitAsync());
            Assert.DoesNotContain("ACT ", host.Output, StringComparison.Ordinal);
        });
    }

    [Fact]
    public Task A_server_that_is_stopped_in_a_digest_takes_none_of_its_attempts() => StopInDigestAsync(
        KilledPrograms.StartServerAsync,
        async server =>
        {
            Signal.Send(server.ProcessId, Signal.Terminate);
            Assert.Equal(0, await server.WaitForExitAsync());
        });

    [Fact]
    public async Task A_server_whose_hub_is_away_says_so_and_goes_on_by_itself_once_it_is_back()
    {
        await using var hub = DurableHub.InMemory();
        int port = FreePort.Next();
        Scheduler scheduler = await Scheduler.StartAsync(hub, port);
        (Dictionary<string, string> settings, string key) = await KilledPrograms.PrepareAsync(azurite);
        var address = new Uri(scheduler.Address);
        await using Hosts hosts = await Hosts.StartAsync(_ => KilledPrograms.StartServerAsync(settings, address), 1);
        Client client = KilledHost.CreateClient(hosts, key);
        Transcript[] transcripts = [.. Enumerable.Range(1, 4).Select(static i => new Transcript($"s{i}"))];
        SessionClient[] speakers = [.. transcripts.Select(transcript => new SessionClient(client, transcript, "c"))];
        await Task.WhenAll(speakers.Select(static speaker => speaker.SayAsync(3)));
        await Task.WhenAll(speakers.Select(static speaker => speaker.CommitAsync()));

        await scheduler.DisposeAsync();
        await Task.WhenAll(speakers.Select(static speaker => speaker.SayAsync(2)));
        Assert.All(transcripts, static transcript => Assert.Equal(5, transcript.Messages));
        await client.GetAsync("api/v1/sessions/s1/context");
        ServerProcess server = await hosts.GetAsync(0);
        string task = $"api/v1/tasks/{transcripts[0].Tasks[0]}";
        (HttpMethod Method, string Path)[] needed =
        [
            (HttpMethod.Post, "api/v1/sessions/s1/commit"), (HttpMethod.Get, "api/v1/tasks"), (HttpMethod.Get, task),
            (HttpMethod.Get, $"{task}/events"), (HttpMethod.Post, $"{task}/retry"), (HttpMethod.Post, $"{task}/cancel"),
            (HttpMethod.Post, "api/v1/system/wait"), (HttpMethod.Delete, "api/v1/sessions/s1"),
        ];
        foreach ((HttpMethod method, string path) in needed)
        {
            JsonObject? body = method == HttpMethod.Post ? [] : null;
            (HttpResponseMessage answer, JsonNode error) = await client.SendOnceAsync(
                server, method, path, body, key: null, TestContext.Current.CancellationToken);
            Assert.True(
                answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null,
                $"{method} {path}: {answer.StatusCode} {error}");
        }

        Task[] committing = [.. speakers.Select(static speaker => speaker.CommitAsync())];
        await client.FirstAsync("503").WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        scheduler = await Scheduler.StartAsync(hub, port);
        await Task.WhenAll(committing);
        await Verification.AwaitAllCompletedAsync(client, transcripts, TimeSpan.FromSeconds(60));
        await Verification.AuditAllAsync(client, transcripts);
        await scheduler.DisposeAsync();
    }

    private async Task StopInDigestAsync(
        Func<Dictionary<string, string>, Uri, Task<ServerProcess>> start, Func<ServerProcess, Task> stop)
    {
        await using HeldModel model = await HeldModel.StartAsync();
        (Dictionary<string, string> settings, string key) = await KilledPrograms.PrepareAsync(azurite);
        settings["Semantics__Endpoint"] = model.Endpoint;
        settings["Semantics__Model"] = "held";

        // A host that ends its services waits here, the model's among those that have ended.
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = model.Collector;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        await using var hub = new KilledMemoryHub();
        var transcript = new Transcript("s1");
        await using (Hosts stopped = await StartAsync())
        {
            var speaker = new SessionClient(KilledHost.CreateClient(stopped, key), transcript, "c");
            await speaker.SayAsync(3);
            await speaker.CommitAsync();
            await model.Asked.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            await stop(await stopped.GetAsync(0));

            // By itself it would be sent once a minute.
            Assert.Contains("/v1/metrics", model.Paths);
        }

        model.Release();
        await using Hosts hosts = await StartAsync();
        Client client = KilledHost.CreateClient(hosts, key);
        await Verification.AwaitAllCompletedAsync(client, [transcript], TimeSpan.FromSeconds(60));
        HttpAudit audit = await HttpAudit.OfAsync(client, transcript.Session);
        transcript.Check(audit);

        Assert.Equal("covered", Assert.Single(audit.Archives).State);
        Assert.Empty(hub.Histories.All.OfType<TaskFailedEvent>());
        Assert.Single(
            hub.Histories.Of(transcript.Tasks.Single()).OfType<TaskScheduledEvent>(),
            static call => call.Name == CommitNames.SemanticProcess);

        Task<Hosts> StartAsync() => Hosts.StartAsync(
            async _ => await start(settings, await hub.RestartAsync()), 1);
    }

    private async Task<IKilledHub> StorageHubAsync() => new KilledStorageHub(await taskHubs.GetConnectionStringAsync());

    private Task RunAsync(
        Func<Task<IKilledHub>> createHub, Func<IReadOnlyDictionary<string, string>, Uri, Task<ServerProcess>> start, int rounds,
        int recoverySeconds) =>
        SeededTest.RunAsync(async seed =>
        {
            await using IKilledHub hub = await createHub();
            (Dictionary<string, string> settings, string key) = await KilledPrograms.PrepareAsync(azurite);
            await using Hosts hosts = await Hosts.StartAsync(async _ => await start(settings, await hub.RestartAsync()), 1);
            await KilledHost.RunAsync(hosts, new Random(seed), rounds, TimeSpan.FromSeconds(recoverySeconds), output, key);
        });
}
