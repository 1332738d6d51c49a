using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using DurableSessions.Core.Storage;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;
using DurableSessions.Testing.Kills;

namespace DurableSessions.Server.Tests.Kills;

/// <summary>Storage goes away under load and comes back, without a restart of the host.</summary>
public sealed class StorageAwayTests(ITestOutputHelper output) : IDisposable
{
    private const int Sessions = 4;
    private const string Container = "durable-sessions";

    private static readonly TimeSpan s_longestAnswer = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(90);

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Every_request_gets_a_time_to_retry_and_nothing_is_lost()
    {
        AzuriteProcess azurite = await StartStorageAsync(port: 0);
        try
        {
            await SessionStorage.Connect(azurite.ConnectionString, Container).Container.CreateIfNotExistsAsync();
            await using Hosts hosts = await Hosts.StartAsync(azurite.ConnectionString, Container, 1);
            var client = new Client(hosts, (Attempt: s_timeout, Request: s_timeout));
            Transcript[] transcripts = [.. Enumerable.Range(1, Sessions).Select(static i => new Transcript($"s{i}"))];
            using var enough = new CancellationTokenSource();
            Task speaking = Task.WhenAll(
                transcripts.Select(transcript => SpeakAsync(new SessionClient(client, transcript, "a"), enough.Token)));
            await AwaitTasksAsync(transcripts);

            Signal.Send(azurite.ProcessId, Signal.Terminate);
            await azurite.Exited.WaitAsync(s_timeout);
            IReadOnlyList<string> answers = await ProbeAsync(client, await hosts.GetAsync(0), transcripts[0]);
            await azurite.DisposeAsync();
            azurite = await StartStorageAsync(azurite.Port);

            var clock = Stopwatch.StartNew();
            await enough.CancelAsync();
            await speaking.WaitAsync(s_timeout);
            await Verification.AwaitAllCompletedAsync(client, transcripts, s_timeout);
            output.WriteLine(
                $"1 stop of storage; all commits completed {clock.Elapsed.TotalSeconds:0.0} s after it came back; answers {client}");
            (int messages, int archives) = await Verification.AuditAllAsync(client, transcripts);
            output.WriteLine(
                $"{messages} messages, {archives} archives; meanwhile:{Environment.NewLine}{string.Join(Environment.NewLine, answers)}");
        }
        finally
        {
            await azurite.DisposeAsync();
        }
    }

    public void Dispose() => _folder.Dispose();

    private static async Task SpeakAsync(SessionClient speaker, CancellationToken enough)
    {
        do
        {
            await speaker.SayAsync(2);
            await speaker.CommitAsync();
        }
        while (!enough.IsCancellationRequested);
    }

    private static async Task AwaitTasksAsync(Transcript[] transcripts)
    {
        var clock = Stopwatch.StartNew();
        while (transcripts.Any(static transcript => transcript.Tasks.Count < 2))
        {
            Assert.True(clock.Elapsed < s_timeout, "No commit was accepted.");
            await Task.Delay(20);
        }
    }

    // Every route that needs storage, all at once; how each was answered, and when.
    private static async Task<IReadOnlyList<string>> ProbeAsync(Client client, ServerProcess host, Transcript known)
    {
        string session = $"api/v1/sessions/{known.Session}";
        (HttpMethod Method, string Path, JsonObject? Body)[] requests =
        [
            (HttpMethod.Post, "api/v1/sessions", []),
            (HttpMethod.Get, "api/v1/sessions", null),
            (HttpMethod.Get, session, null),
            (HttpMethod.Get, "api/v1/sessions/unknown", null),
            (HttpMethod.Get, $"{session}/context", null),
            (HttpMethod.Get, $"{session}/archives", null),
            (HttpMethod.Get, $"{session}/archives/archive_001", null),
            (HttpMethod.Post, "api/v1/sessions/unknown/messages", new JsonObject { ["role"] = "user", ["content"] = "never there" }),
            (HttpMethod.Post, "api/v1/sessions/unknown/commit", []),
            (HttpMethod.Post, $"{session}/used", new JsonObject { ["contexts"] = new JsonArray("viking://resources/x") }),
            (HttpMethod.Patch, $"{session}/config", new JsonObject { ["auto_commit_policy"] = null }),
            (HttpMethod.Delete, "api/v1/sessions/unknown", null),
            (HttpMethod.Get, "api/v1/tasks", null),
            (HttpMethod.Get, $"api/v1/tasks/{known.Tasks[0]}", null),
            (HttpMethod.Post, $"api/v1/tasks/{known.Tasks[0]}/cancel", []),
        ];
        Task<(HttpStatusCode Status, string Text)>[] probes = [.. requests.Select(async request =>
        {
            var clock = Stopwatch.StartNew();
            (HttpResponseMessage answer, JsonNode envelope) = await client.SendOnceAsync(
                host, request.Method, request.Path, request.Body, key: null, CancellationToken.None).WaitAsync(s_timeout);
            TimeSpan took = clock.Elapsed;
            string? code = (string?)envelope["error"]?["code"];
            string text = $"{request.Method} {request.Path}: {(int)answer.StatusCode} {code}, "
                + $"Retry-After {answer.Headers.RetryAfter}, after {took.TotalSeconds:0.0} s";
            bool isRetryable = took <= s_longestAnswer && answer.Headers.RetryAfter is not null && code == "UNAVAILABLE";
            return (isRetryable ? answer.StatusCode : HttpStatusCode.InternalServerError, text);
        })];
        (HttpStatusCode Status, string Text)[] answers = await Task.WhenAll(probes);
        string all = string.Join(Environment.NewLine, answers.Select(static answer => answer.Text));
        Assert.True(answers.All(static answer => answer.Status == HttpStatusCode.ServiceUnavailable), all);
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("health")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.Client.GetAsync("ready")).StatusCode);
        return [.. answers.Select(static answer => answer.Text)];
    }

    private async Task<AzuriteProcess> StartStorageAsync(int port) => await AzuriteProcess.StartOnFolderAsync(
        await AzuriteInstallation.EnsureAsync(),
        _folder.Path,
        AccountKey.Ensure(_folder.Path),
        port,
        static _ => { },
        CancellationToken.None);
}
