using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Benchmarks;

/// <summary>
/// 200 clients at once on a server process of its own: each appends to its session, reads its context now and then, and commits. Ten lines
/// while it runs: what was done since the line before, and the server's memory at that moment. Fails when anything was refused.
/// </summary>
internal sealed class LoadRun(HttpClient http, CancellationToken over)
{
    private const int Clients = 200;
    private const int Lines = 10;
    private const int MaxErrors = 20;
    private const int ContextEvery = 20;
    private const int CommitEvery = 50;
    private const double Megabyte = 1024 * 1024;

    private static readonly string Message = $$"""{"role":"user","content":"{{new string('x', 500)}}"}""";

    private readonly ConcurrentQueue<string> _errors = new();
    private Latencies _appends = new();
    private long _errorCount;
    private long _others;

    public static async Task<int> RunAsync(TimeSpan length)
    {
        await using AzuriteProcess azurite = await AzuriteProcess.StartInMemoryAsync(await AzuriteInstallation.EnsureAsync());
        await using ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = azurite.ConnectionString,
            ["Auth__Mode"] = "dev",
            ["Logging__LogLevel__Default"] = "Warning",
        });
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = Clients };
        using var http = new HttpClient(handler) { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(60) };
        using var over = new CancellationTokenSource();
        var run = new LoadRun(http, over.Token);
        Task clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(run.ClientAsync));
        using var process = Process.GetProcessById(server.ProcessId);
        bool failed = await run.ReportAsync(process, length);
        await over.CancelAsync();
        await clients;
        return failed ? 1 : 0;
    }

    private async Task<bool> ReportAsync(Process server, TimeSpan length)
    {
        Console.WriteLine($"""
            {Clients} clients, {length.TotalSeconds:0} s

            | s | appends/s | p50 ms | p99 ms | other requests | errors | server MB |
            |---|---|---|---|---|---|---|
            """);
        var all = Stopwatch.StartNew();
        for (int line = 1; line <= Lines; line++)
        {
            var since = Stopwatch.StartNew();
            await Task.Delay(TimeSpan.FromTicks(Math.Max(0, (length.Ticks * line / Lines) - all.Elapsed.Ticks)), CancellationToken.None);
            Latencies done = Interlocked.Exchange(ref _appends, new Latencies());
            server.Refresh();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {all.Elapsed.TotalSeconds:0} | {done.Count / since.Elapsed.TotalSeconds:0} "
                + $"| {done.Percentile(0.5):0.0} | {done.Percentile(0.99):0.0} | {Interlocked.Exchange(ref _others, 0)} "
                + $"| {Interlocked.Read(ref _errorCount)} | {server.WorkingSet64 / Megabyte:0} |"));
        }

        foreach (string error in _errors)
        {
            Console.WriteLine(error);
        }

        return Interlocked.Read(ref _errorCount) > 0;
    }

    private async Task ClientAsync(int number)
    {
        string session = $"/api/v1/sessions/load-{number}";
        for (int i = 1 + number; !over.IsCancellationRequested; i++)
        {
            await SendAsync(HttpMethod.Post, $"{session}/messages", Message, latencies: true);
            if (i % ContextEvery == 0)
            {
                await SendAsync(HttpMethod.Get, $"{session}/context?token_budget=8000", null, latencies: false);
            }

            if (i % CommitEvery == 0)
            {
                await SendAsync(HttpMethod.Post, $"{session}/commit", "{}", latencies: false);
            }
        }
    }

    private async Task SendAsync(HttpMethod method, string path, string? json, bool latencies)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        long started = Stopwatch.GetTimestamp();
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, over);
            string answer = await response.Content.ReadAsStringAsync(over);
            if (latencies)
            {
                _appends.Add(Stopwatch.GetElapsedTime(started));
            }
            else
            {
                Interlocked.Increment(ref _others);
            }

            if (!response.IsSuccessStatusCode)
            {
                Report($"{method} {path}: {(int)response.StatusCode} {answer}");
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The run is over.
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            Report($"{method} {path}: {e.GetType().Name} {e.Message}");
        }
    }

    private void Report(string error)
    {
        if (Interlocked.Increment(ref _errorCount) <= MaxErrors)
        {
            _errors.Enqueue(error);
        }
    }
}
