using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Orchestration;
using DurableSessions.Semantics.Extractive;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Benchmarks;

/// <summary>
/// What pages, starts and sweeps cost in a store that is years old: many sessions and ended commits of one user, and many instances that
/// wait for a far timer. The storage is simulated, so that requests are counted and no network is timed.
/// </summary>
internal sealed class ManyBenchmark(int count)
{
    private const int Sweeps = 5;

    private static readonly SessionKey s_session = new("bench", "bench", "one");
    private static readonly EngineOptions s_engine = new() { SweepInterval = TimeSpan.FromSeconds(2) };

    private readonly SimulatedStorage _storage = new();
    private readonly RequestLog _log = new();

    public static Task RunAsync(int count) => new ManyBenchmark(count).RunAsync();

    private async Task RunAsync()
    {
        await SeedAsync();
        await using ServiceProvider services = AddHost();
        EmbeddedEngine engine = services.GetRequiredService<EmbeddedEngine>();
        SessionStore store = services.GetRequiredService<SessionStore>();
        Bench.Print($"| {count:N0} sessions, ended commits, and instances that wait for a far timer | requests | ms |");
        Console.WriteLine("|---|---|---|");
        await PrintAsync("start of a host, and at once a message and its commit", async () =>
        {
            await engine.StartAsync(CancellationToken.None);
            await CommitAsync(services, store);
        });
        await PrintAsync("the rest of its first listing", () => Task.Delay(s_engine.SweepInterval * Sweeps));
        await PrintAsync("a message and its commit", () => CommitAsync(services, store));
        await PrintAsync($"{Sweeps} sweeps", () => Task.Delay(s_engine.SweepInterval * Sweeps));
        await PrintAsync("a page of 50 sessions", () => store.Sessions.ListAsync(s_session.Owner, 50, null, CancellationToken.None));
        await PrintAsync(
            "a page of 20 tasks",
            () => store.Tasks.ListAsync(s_session.Owner, new CommitTaskQuery { Limit = 20 }, CancellationToken.None));
        await PrintAsync(
            "the tasks of a session that has three", () => store.Tasks.ListAsync(
                s_session.Owner, new CommitTaskQuery { Session = s_session.Id, Limit = 20 }, CancellationToken.None));
        await engine.StopAsync(CancellationToken.None);
    }

    // One of each, made by a host, and the others after its likeness.
    private async Task SeedAsync()
    {
        await using ServiceProvider services = AddHost();
        await services.GetRequiredService<SessionStorage>().Container.CreateAsync();
        EmbeddedEngine engine = services.GetRequiredService<EmbeddedEngine>();
        await engine.StartAsync(CancellationToken.None);
        SessionStore store = services.GetRequiredService<SessionStore>();
        var idle = new SessionSettings { AutoCommitPolicy = new AutoCommitPolicy { IdleTimeoutSeconds = 604_800 } };
        await store.Sessions.CreateAsync(s_session.Owner, s_session.Id, idle, null, CancellationToken.None);
        await store.Sessions.AppendAsync(s_session, [Bench.Message(500)], null, CancellationToken.None);
        CommitAnswer answer = await store.Commits.CommitAsync(s_session, new CommitRequest(), CancellationToken.None);
        await EndAsync(services, answer);
        await store.Sessions.AppendAsync(s_session, [Bench.Message(500)], null, CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds(2));
        await engine.StopAsync(CancellationToken.None);

        BlobContainerClient container = services.GetRequiredService<SessionStorage>().Container;
        string commit = answer.Task!.TaskId;
        await Likenesses.CopyAsync(container, "manifests/", ".json", count, static i => $"-{i}.json");
        await Likenesses.CopyAsync(container, "orchestrations/active/", ".json", count, static i => $"-{i}.json");
        string[] ids = [.. Enumerable.Range(0, count).Select(i => commit[..^8] + i.ToString("x8", CultureInfo.InvariantCulture))];
        await Likenesses.CopyAsync(container, "orchestrations/finished/", commit, count, i => ids[i]);
        await Likenesses.CopyAsync(container, "tasks/by-user/", commit, count, i => ids[i]);
    }

    private static async Task CommitAsync(ServiceProvider services, SessionStore store)
    {
        await store.Sessions.AppendAsync(s_session, [Bench.Message(500)], null, CancellationToken.None);
        await EndAsync(services, await store.Commits.CommitAsync(s_session, new CommitRequest(), CancellationToken.None));
    }

    private static Task EndAsync(ServiceProvider services, CommitAnswer answer) => services.GetRequiredService<OrchestrationClient>()
        .WaitForInstanceCompletionAsync(answer.Task!.TaskId, CancellationToken.None);

    private ServiceProvider AddHost() => new ServiceCollection()
        .AddHost(_storage.Connect("many", _log.Configure), new ExtractiveSemanticProcessor(), engine: s_engine)
        .BuildServiceProvider();

    private async Task PrintAsync(string what, Func<Task> run)
    {
        _log.Clear();
        long start = Stopwatch.GetTimestamp();
        await run();
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        string kinds = string.Create(
            CultureInfo.InvariantCulture, $"{_log.Count}, of these {_log.Requests.Count(static r => r.Comp == "list")} listings");
        Bench.Print($"| {what} | {kinds} | {milliseconds:F0} |");
    }
}
