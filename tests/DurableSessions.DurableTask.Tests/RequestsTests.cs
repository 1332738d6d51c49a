using System.Globalization;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;
using global::DurableTask.AzureStorage;
using global::DurableTask.Core.History;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// Prints the lines of <c>infra/prices/requests.csv</c>: what an append, a commit and an idle hour cost in requests, by what they are
/// billed as. Run by name, with <c>-explicit only -showLiveOutput</c>. Polls depend on time: two runs differ.
/// </summary>
public sealed class RequestsTests(AzuriteFixture azurite, WholeAzurite taskHubs)
{
    private const string Scheduler = "Durable Task Scheduler";
    private const int Appends = 100;
    private const int Commits = 64;

    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(2);
    private static readonly SessionKey s_key = new("a", "u", "s");

    private readonly RequestLog _blobs = new();
    private readonly RequestLog _queues = new();
    private readonly RequestLog _tables = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Of_the_embedded_engine()
    {
        string container = (await azurite.NewContainerAsync()).Name;
        await using ServiceProvider services = new ServiceCollection()
            .AddHost(await azurite.ConnectAsync(container, _blobs.Configure), new FakeProcessor())
            .BuildServiceProvider();
        EmbeddedEngine engine = services.GetRequiredService<EmbeddedEngine>();
        await engine.StartAsync(Cancelled);

        SessionStore store = services.GetRequiredService<SessionStore>();
        await CountAsync("embedded engine", store, services.GetRequiredService<OrchestrationClient>(), null);
        await engine.StopAsync(Cancelled);
    }

    /// <remarks>As the Functions host has it unless <c>host.json</c> says otherwise: four partitions, polls up to 30 s apart.</remarks>
    [Fact(Explicit = true)]
    public async Task Of_the_provider_on_Azure_Storage()
    {
        string connection = await taskHubs.GetConnectionStringAsync();
        await using DurableHub hub = await DurableHub.OnAzureStorageAsync(new AzureStorageOrchestrationServiceSettings
        {
            TaskHubName = $"hub{Guid.NewGuid():N}",
            PartitionCount = 4,
            StorageAccountClientProvider = new StorageAccountClientProvider(
                StorageServiceClientProvider.ForBlob(connection, With(new BlobClientOptions(), _blobs)),
                StorageServiceClientProvider.ForQueue(connection, With(new QueueClientOptions(), _queues)),
                StorageServiceClientProvider.ForTable(connection, With(new TableClientOptions(), _tables))),
        });
        await using Member member = await Member.StartAsync(azurite, await azurite.NewContainerAsync(), hub, configure: _blobs.Configure);

        await CountAsync("Azure Storage provider", member.Store, member.Host.Client, hub.Histories);
    }

    /// <remarks>Its own storage is not the user's: blobs are those of the sessions alone.</remarks>
    [Fact(Explicit = true)]
    public async Task Of_the_scheduler()
    {
        await using var hub = DurableHub.InMemory();
        await using Member member = await Member.StartAsync(azurite, await azurite.NewContainerAsync(), hub, configure: _blobs.Configure);

        await CountAsync(Scheduler, member.Store, member.Host.Client, hub.Histories);
    }

    private static T With<T>(T options, HttpPipelinePolicy policy)
        where T : global::Azure.Core.ClientOptions
    {
        options.AddPolicy(policy, global::Azure.Core.HttpPipelinePosition.PerRetry);
        return options;
    }

    private async Task CountAsync(string way, SessionStore store, OrchestrationClient client, Histories? histories)
    {
        await CommitAsync(store, client);
        await Task.Delay(s_idle, Cancelled);
        Clear();
        await Task.Delay(s_idle, Cancelled);
        Print(way, "idle hour", TimeSpan.FromHours(1) / s_idle, 0, 0);

        _blobs.Clear();
        for (int i = 0; i < Appends; i++)
        {
            await store.Sessions.AppendAsync(s_key, Words.Messages($"a{i}-", 1), null, Cancelled);
        }

        // Whatever polls meanwhile is no part of an append.
        _queues.Clear();
        _tables.Clear();
        Print(way, "append", 1.0 / Appends, histories is null ? 0 : 1, 0);

        Clear();
        histories?.Clear();
        for (int i = 0; i < Commits; i++)
        {
            await CommitAsync(store, client);
        }

        await Task.Delay(TimeSpan.FromMinutes(1), Cancelled);
        HistoryEvent[] events = [.. histories?.All ?? []];
        int activities = events.Count(static e => e.EventType == EventType.TaskScheduled);
        int runs = events.Count(static e => e.EventType == EventType.OrchestratorStarted);
        Print(
            way,
            "append and commit",
            1.0 / Commits,
            histories is null ? 0 : 2 + ((runs + activities) / (double)Commits),
            way == Scheduler ? (activities + events.Count(IsDispatched)) / (double)Commits : 0);
    }

    // What a scheduler sends to an orchestrator; activities are sent besides.
    private static bool IsDispatched(HistoryEvent e) => e.EventType is EventType.ExecutionStarted or EventType.TaskCompleted
        or EventType.TaskFailed or EventType.TimerFired or EventType.EventRaised or EventType.SubOrchestrationInstanceCompleted
        or EventType.SubOrchestrationInstanceFailed;

    private static async Task CommitAsync(SessionStore store, OrchestrationClient client)
    {
        await store.Sessions.AppendAsync(s_key, Words.Messages("m", 1), null, Cancelled);
        CommitAnswer answer = await store.Commits.CommitAsync(s_key, new CommitRequest(), Cancelled);
        await client.WaitForInstanceCompletionAsync(answer.Task!.TaskId, Cancelled);
    }

    private void Clear()
    {
        _blobs.Clear();
        _queues.Clear();
        _tables.Clear();
    }

    private void Print(string way, string what, double share, double executions, double actions)
    {
        StorageRequest[] blobs = [.. _blobs.Requests];
        double[] counts =
        [
            blobs.Count(static r => KindOf(r) == "write"), blobs.Count(static r => KindOf(r) == "list"),
            blobs.Count(static r => KindOf(r) == "read"), blobs.Count(static r => KindOf(r) == "delete"), _queues.Count, _tables.Count,
        ];
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(
            ',', [way, what, .. from count in (IEnumerable<double>)[.. counts.Select(c => c * share), executions, actions]
                                select count.ToString("0.##", CultureInfo.InvariantCulture)]));
    }

    // As Blob Storage bills its operations: leases and metadata are "other", at the price of a read; deletions are free.
    private static string KindOf(StorageRequest request) => request switch
    {
        { Method: "DELETE" } => "delete",
        { Comp: "list" } or { Method: "PUT", Blob: "", Comp: "" } => "list",
        { Method: "PUT", Comp: "" or "appendblock" or "seal" or "block" or "blocklist" } => "write",
        _ => "read",
    };
}
