using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
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
/// What a search of one user's messages costs a host: the first one of a fresh host, and those after it. The messages are appended and
/// committed, and their index merged, by a host before it. Where storage has them already they are searched as they are.
/// </summary>
internal sealed class StoredSearchBenchmark(string connection, int messages)
{
    private const int MessagesOfAppend = 100;
    private const int AppendsOfArchive = 5;
    private const int ArchivesOfSession = 20;
    private const int WordsOfMessage = 80;
    private const int Vocabulary = 200_000;
    private const int SessionsAtOnce = 4;
    private const int Queries = 200;
    private const int WordsOfQuery = 8;
    private const int Hits = 10;
    private const string TextBytes = "text";

    private static readonly UserKey s_user = new("bench", "reader");

    private readonly RequestLog _log = new();
    private readonly DrawnText _words = new(new Random(1), Vocabulary);
    private readonly string _container = string.Create(CultureInfo.InvariantCulture, $"search-{messages}");

    public static async Task RunAsync(int messages, string? connection)
    {
        await using AzuriteProcess? azurite =
            connection is null ? await AzuriteProcess.StartInMemoryAsync(await AzuriteInstallation.EnsureAsync()) : null;
        await new StoredSearchBenchmark(connection ?? azurite!.ConnectionString, messages).RunAsync();
    }

    private async Task RunAsync()
    {
        var storage = SessionStorage.Connect(connection, _container, _log.Configure);
        if (!await storage.Container.ExistsAsync())
        {
            await storage.Container.CreateAsync();
            long start = Stopwatch.GetTimestamp();
            long written = await WriteAsync(storage);
            await storage.Container.SetMetadataAsync(
                new Dictionary<string, string> { [TextBytes] = written.ToString(CultureInfo.InvariantCulture) });
            Bench.Print($"{messages:N0} messages appended, committed and merged in {Stopwatch.GetElapsedTime(start).TotalSeconds:N0} s");
        }

        BlobContainerProperties properties = await storage.Container.GetPropertiesAsync();
        long text = long.Parse(properties.Metadata[TextBytes], CultureInfo.InvariantCulture);
        var segments = new List<long>();
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(new GetBlobsOptions { Prefix = BlobNames.SearchOfUser(s_user) }))
        {
            segments.Add(blob.Properties.ContentLength!.Value);
        }

        Bench.Print($"| {messages:N0} messages in {segments.Count} segments | |");
        Console.WriteLine("|---|---|");
        Bench.Print($"| text | {text / 1e6:N1} MB |");
        Bench.Print($"| index | {segments.Sum() / 1e6:N1} MB, {100.0 * segments.Sum() / text:N1} % of the text |");
        await SearchAsync(storage);
        await using ServiceProvider services = AddHost(storage);
        await new MergeMemory(services, s_user).MeasureOwnAsync();
        await new MergeMemory(services, new UserKey("bench", "merger")).MeasureWorstAsync();
    }

    private async Task SearchAsync(SessionStorage storage)
    {
        var random = new Random(2);
        await using ServiceProvider services = AddHost(storage);
        MemorySearch search = services.GetRequiredService<SessionStore>().MemorySearch;
        HostCache cache = services.GetRequiredService<HostCache>();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        _log.Clear();
        TimeSpan cold = await TimeAsync(search, random);
        Bench.Print($"| the first search of a host | {cold.TotalMilliseconds:N0} ms, {_log.Count} requests |");
        PrintKinds(1);
        TimeSpan second = await TimeAsync(search, random);
        Bench.Print($"| the second | {second.TotalMilliseconds:N0} ms |");
        for (int round = 1; round <= 2; round++)
        {
            var latencies = new Latencies();
            _log.Clear();
            long allocated = GC.GetTotalAllocatedBytes();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < Queries; i++)
            {
                latencies.Add(await TimeAsync(search, random));
            }

            double requests = _log.Count / (double)Queries;
            double perQuery = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / Queries;
            double mega = (GC.GetTotalAllocatedBytes() - allocated) / 1e6 / Queries;
            Bench.Print($"| {Queries} searches: p50 | {latencies.Percentile(0.5):N1} ms, {requests:N1} requests |");
            Bench.Print($"| p95 | {latencies.Percentile(0.95):N1} ms |");
            Bench.Print($"| each | {perQuery:N1} ms of the host's processor time, {mega:N1} MB allocated |");
            PrintKinds(Queries);
        }

        long more = GC.GetTotalMemory(forceFullCollection: true) - before;
        Bench.Print($"| kept in memory | {more / 1e6:N1} MB, of which the cache counts {cache.Bytes / 1e6:N1} MB |");
    }

    private void PrintKinds(int searches)
    {
        IEnumerable<IGrouping<string, StorageRequest>> kinds = _log.Requests.GroupBy(static r =>
            $"{r.Method} {r.Comp} {(r.Blob.Length > 0 ? r.Blob : r.Prefix).Split('/')[0]}");
        Bench.Print($"| of these | {string.Join(", ", kinds.Select(g => FormattableString.Invariant(
            $"{g.Key}: {g.Count() / (double)searches:N1}")))} |");
    }

    private async Task<TimeSpan> TimeAsync(MemorySearch search, Random random)
    {
        string query = _words.Draw(random, random.Next(2, WordsOfQuery + 1));
        long start = Stopwatch.GetTimestamp();
        await search.SearchAsync(s_user, query, Hits, where: null, CancellationToken.None);
        return Stopwatch.GetElapsedTime(start);
    }

    private async Task<long> WriteAsync(SessionStorage storage)
    {
        await using ServiceProvider services = AddHost(storage);
        EmbeddedEngine engine = services.GetRequiredService<EmbeddedEngine>();
        await engine.StartAsync(CancellationToken.None);
        long text = 0;
        int archives = (messages + (MessagesOfAppend * AppendsOfArchive) - 1) / (MessagesOfAppend * AppendsOfArchive);
        int sessions = (archives + ArchivesOfSession - 1) / ArchivesOfSession;
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = SessionsAtOnce };
        await Parallel.ForEachAsync(Enumerable.Range(0, sessions), atOnce, async (session, cancellationToken) =>
        {
            var random = new Random(1_000 + session);
            int left = Math.Min(ArchivesOfSession, archives - (session * ArchivesOfSession));
            for (; left > 0; left--)
            {
                Interlocked.Add(
                    ref text,
                    await CommitAsync(services, s_user.Session(string.Create(CultureInfo.InvariantCulture, $"s-{session}")), random));
                _log.Clear();
            }
        });
        await services.GetRequiredService<Merges>().StartAsync(s_user, CancellationToken.None);
        await services.GetRequiredService<OrchestrationClient>()
            .WaitForInstanceCompletionAsync(MergeInput.InstanceIdOf(s_user), CancellationToken.None);
        await engine.StopAsync(CancellationToken.None);
        return text;
    }

    private async Task<long> CommitAsync(ServiceProvider services, SessionKey session, Random random)
    {
        SessionStore store = services.GetRequiredService<SessionStore>();
        long text = 0;
        for (int append = 0; append < AppendsOfArchive; append++)
        {
            NewMessage[] batch = [.. Enumerable.Range(0, MessagesOfAppend).Select(Message)];
            await store.Sessions.AppendAsync(session, batch, null, CancellationToken.None);
        }

        CommitAnswer answer = await store.Commits.CommitAsync(session, new CommitRequest(), CancellationToken.None);
        await services.GetRequiredService<OrchestrationClient>()
            .WaitForInstanceCompletionAsync(answer.Task!.TaskId, CancellationToken.None);
        return text;

        NewMessage Message(int number)
        {
            string said = _words.Draw(random, WordsOfMessage);
            text += Encoding.UTF8.GetByteCount(said);
            return new NewMessage
            {
                Role = number % 2 == 0 ? "user" : "assistant",
                Parts = JsonSerializer.SerializeToUtf8Bytes(new[] { new { type = "text", text = said } }),
            };
        }
    }

    private static ServiceProvider AddHost(SessionStorage storage)
    {
        var processor = new ExtractiveSemanticProcessor();
        var parts = new HostParts(
            storage, processor, processor, new SessionOptions(), new EngineOptions(), TimeProvider.System)
        {
            Merges = MergeSchedule.OneIn16,
        };
        return new ServiceCollection().AddHost(_ => parts).BuildServiceProvider();
    }
}
