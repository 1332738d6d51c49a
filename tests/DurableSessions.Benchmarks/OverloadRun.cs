using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Http;
using DurableSessions.LocalStorage;
using DurableSessions.Orchestration;
using DurableSessions.Semantics.Extractive;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Benchmarks;

/// <summary>
/// More than storage can take: requests that come by the clock, whatever became of those before, at 1, 2, 5 and 10 times the best rate,
/// which clients that wait for their answers measure first. One request in a hundred commits. Clients and the host are one process. A run
/// fails where an accepted commit did not complete, and where at ten times the best rate less than 80 % of it is done, or 1 % of what is
/// accepted takes 5 s.
/// </summary>
internal sealed class OverloadRun(HttpClient http, OrchestrationClient engine)
{
    private const int Clients = 16;

    // A prime: commits come to all of them.
    private const int Sessions = 197;
    private const int CommitEvery = 100;

    // The connections that a host takes unless it is set otherwise: beyond them a client waits for a connection, and not for an answer.
    private const int MaxOpen = 2_000;
    private const double Megabyte = 1024 * 1024;

    private static readonly string Message = $$"""{"role":"user","content":"{{new string('x', 500)}}"}""";

    public static async Task<int> RunAsync(bool throttled, TimeSpan stage)
    {
        await using AzuriteProcess? azurite = throttled
            ? null
            : await AzuriteProcess.StartInMemoryAsync(await AzuriteInstallation.EnsureAsync());
        var load = new StorageLoad(new StorageSettings().ConcurrentRequests, TimeProvider.System);
        var throttle = new Throttle(perSecond: 200, burst: 20, TimeProvider.System);
        SessionStorage connected = azurite is null
            ? new SimulatedStorage().Connect("load", options =>
            {
                throttle.Configure(options);
                load.Configure(options);
            })
            : SessionStorage.Connect(azurite.ConnectionString, "load", load.Configure);
        var storage = new SessionStorage(connected.Container, connected.Unretried) { Load = load };
        await storage.Container.CreateAsync();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddHost(storage, new ExtractiveSemanticProcessor());
        builder.Services.AddDurableSessionsHttp(new DurableSessionsHttpOptions { Version = "load" });
        await using WebApplication app = builder.Build();
        app.UseDurableSessionsHttp();
        app.MapDurableSessions();
        await app.StartAsync();
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = MaxOpen };
        using var http = new HttpClient(handler) { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromSeconds(60) };
        var run = new OverloadRun(http, app.Services.GetRequiredService<OrchestrationClient>());
        Console.WriteLine($"""
            {(throttled ? "Simulated storage, 200 requests/s" : "Azurite")}, {stage.TotalSeconds:0} s each

            | load | offered/s | done/s | refused/s | failed | p50 ms | p99 ms | commits accepted | completed | managed MB |
            |---|---|---|---|---|---|---|---|---|---|
            """);
        await run.BestAsync("warm-up", stage / 2);
        double best = await run.BestAsync($"{Clients} clients that wait", stage);
        bool isMet = true;
        foreach (int times in (int[])[1, 2, 5, 10])
        {
            isMet &= await run.StageAsync(times, best, stage);
        }

        return isMet ? 0 : 1;
    }

    private async Task<double> BestAsync(string what, TimeSpan length)
    {
        var stage = new Stage();
        long began = Stopwatch.GetTimestamp();
        int number = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(began) < length)
            {
                await SendAsync(Interlocked.Increment(ref number), stage);
            }
        }));
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await PrintAsync(what, number / seconds, stage, seconds);
        return stage.Done.Count / seconds;
    }

    // Whether it is as the host promises.
    private async Task<bool> StageAsync(int times, double best, TimeSpan length)
    {
        var stage = new Stage();
        using var open = new CountdownEvent(1);
        long began = Stopwatch.GetTimestamp();
        int sent = 0;
        TimeSpan elapsed;
        while ((elapsed = Stopwatch.GetElapsedTime(began)) < length)
        {
            // What the clients of this machine cannot send is not offered: the table says how much was.
            while (sent < elapsed.TotalSeconds * times * best && open.CurrentCount < MaxOpen && Stopwatch.GetElapsedTime(began) < length)
            {
                int number = sent++;
                open.AddCount();
                _ = Task.Run(async () =>
                {
                    await SendAsync(number, stage);
                    open.Signal();
                });
            }

            await Task.Delay(5);
        }

        double offered = sent / Stopwatch.GetElapsedTime(began).TotalSeconds;
        open.Signal();
        await Task.Run(open.Wait);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        bool isComplete = await PrintAsync($"{times}×", offered, stage, seconds);
        return isComplete && (times < 10 || (stage.Done.Count >= 0.8 * best * seconds && stage.Done.Percentile(0.99) < 5_000));
    }

    // Whether all accepted commits have completed.
    private async Task<bool> PrintAsync(string what, double offered, Stage stage, double seconds)
    {
        double memory = GC.GetTotalMemory(forceFullCollection: false) / Megabyte;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        int completed = 0;
        try
        {
            foreach (string task in stage.Commits)
            {
                OrchestrationMetadata end = await engine.WaitForInstanceCompletionAsync(task, patience.Token);
                completed += end.RuntimeStatus == OrchestrationRuntimeStatus.Completed ? 1 : 0;
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // The table says how many.
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {offered:0} | {stage.Done.Count / seconds:0} | {stage.Refused / seconds:0} | {stage.Failed} "
            + $"| {stage.Done.Percentile(0.5):0} | {stage.Done.Percentile(0.99):0} | {stage.Commits.Count} | {completed} | {memory:0} |"));
        return completed == stage.Commits.Count;
    }

    private async Task SendAsync(int number, Stage stage)
    {
        bool isCommit = number % CommitEvery == CommitEvery - 1;
        string path = $"/api/v1/sessions/load-{number % Sessions}/{(isCommit ? "commit" : "messages")}";
        long started = Stopwatch.GetTimestamp();
        try
        {
            using var content = new StringContent(isCommit ? "{}" : Message, Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await http.PostAsync(path, content);
            string answer = await response.Content.ReadAsStringAsync();
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable && response.Headers.RetryAfter is not null)
            {
                stage.Refuse();
            }
            else if (!response.IsSuccessStatusCode)
            {
                stage.Fail();
            }
            else
            {
                stage.Done.Add(Stopwatch.GetElapsedTime(started));
                if (isCommit)
                {
                    using var json = JsonDocument.Parse(answer);
                    JsonElement result = json.RootElement.GetProperty("result");
                    stage.Accept(result.TryGetProperty("task_id", out JsonElement id) ? id.GetString() : null);
                }
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            stage.Fail();
        }
    }

    private sealed class Stage
    {
        private readonly Lock _gate = new();
        private int _refused;
        private int _failed;

        public Latencies Done { get; } = new();

        public List<string> Commits { get; } = [];

        public int Refused => _refused;

        public int Failed => _failed;

        public void Refuse() => Interlocked.Increment(ref _refused);

        public void Fail() => Interlocked.Increment(ref _failed);

        public void Accept(string? task)
        {
            lock (_gate)
            {
                Commits.AddRange(task is null ? [] : [task]);
            }
        }
    }
}
