using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.LocalStorage;
using DurableSessions.Orchestration;
using DurableSessions.Semantics.Extractive;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Benchmarks;

/// <summary>
/// The operator's pages of a store with many sessions of one user and many commits that have ended, beside one listing of storage that is
/// as long as what they need: a server process, an Azurite in memory.
/// </summary>
internal sealed class UiBenchmark(SessionStorage storage, int sessions, int commits)
{
    private const int Looks = 10;

    private static readonly SessionKey s_session = new("bench", "bench", "one");

    // As long as a snapshot of all commits is taken for new.
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1.1);

    public static async Task RunAsync(int sessions, int commits)
    {
        await using AzuriteProcess azurite = await AzuriteProcess.StartInMemoryAsync(await AzuriteInstallation.EnsureAsync());
        var storage = SessionStorage.Connect(azurite.ConnectionString, "pages");
        await storage.Container.CreateAsync();
        var benchmark = new UiBenchmark(storage, sessions, commits);
        await benchmark.SeedAsync();
        await using ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = azurite.ConnectionString,
            ["Storage__Container"] = storage.Container.Name,
            ["Auth__Mode"] = "dev",
        });
        await benchmark.MeasureAsync(server.Client);
    }

    private async Task MeasureAsync(HttpClient client)
    {
        // The program is compiled as it goes.
        await client.GetStringAsync("ui/host");
        Bench.Print($"| {sessions:N0} sessions, {commits:N0} ended commits | bare listing | page, first | ratio | page, later | ratio |");
        Console.WriteLine("|---|---|---|---|---|---|");
        await CompareAsync(client, "ui/sessions?account=bench&user=bench", "manifests/", 100, BlobTraits.None, TimeSpan.Zero);
        await CompareAsync(client, "ui/commits", "orchestrations/finished/", 1_000, BlobTraits.Metadata, s_fresh);
    }

    private async Task CompareAsync(
        HttpClient client, string path, string prefix, int size, BlobTraits traits, TimeSpan pause)
    {
        var options = new GetBlobsOptions { Prefix = prefix, Traits = traits };
        Task ListAsync() => storage.Container.GetBlobsAsync(options).AsPages(pageSizeHint: size).FirstAsync().AsTask();
        await ListAsync();
        double bare = await MedianAsync(ListAsync, TimeSpan.Zero);
        double first = await TimeAsync(() => client.GetStringAsync(path));
        double later = await MedianAsync(() => client.GetStringAsync(path), pause);
        Bench.Print($"| `/{path.Split('?')[0]}` | {bare:F1} ms | {first:F1} ms | {first / bare:F2} | {later:F1} ms | {later / bare:F2} |");
    }

    private static async Task<double> MedianAsync(Func<Task> action, TimeSpan pause)
    {
        var times = new List<double>();
        for (int i = 0; i < Looks; i++)
        {
            await Task.Delay(pause);
            times.Add(await TimeAsync(action));
        }

        return times.Order().ElementAt(Looks / 2);
    }

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        long start = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    // One of each, made by a host, and the others after its likeness.
    private async Task SeedAsync()
    {
        await using ServiceProvider services =
            new ServiceCollection().AddHost(storage, new ExtractiveSemanticProcessor()).BuildServiceProvider();
        EmbeddedEngine engine = services.GetRequiredService<EmbeddedEngine>();
        await engine.StartAsync(CancellationToken.None);
        SessionStore store = services.GetRequiredService<SessionStore>();
        await store.Sessions.AppendAsync(s_session, [Bench.Message(500)], null, CancellationToken.None);
        CommitAnswer answer = await store.Commits.CommitAsync(s_session, new CommitRequest(), CancellationToken.None);
        string commit = answer.Task!.TaskId;
        await services.GetRequiredService<OrchestrationClient>().WaitForInstanceCompletionAsync(commit, CancellationToken.None);
        await engine.StopAsync(CancellationToken.None);
        await Likenesses.CopyAsync(
            storage.Container, "manifests/", ".json", sessions, static i => string.Create(CultureInfo.InvariantCulture, $"-{i}.json"));
        await Likenesses.CopyAsync(
            storage.Container,
            "orchestrations/finished/",
            commit,
            commits,
            i => commit[..^8] + i.ToString("x8", CultureInfo.InvariantCulture));
    }
}
