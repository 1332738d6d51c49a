using System.Globalization;
using Azure.Storage.Blobs.Models;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>A page is full while there are instances, and its requests are bounded where a query wants few of them.</summary>
[Collection(nameof(Simulated))]
public sealed class ListingTests : EngineTest
{
    private const int Seeded = 2_500;
    private const int MostListings = 8;

    private static readonly DateTimeOffset Created = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly RequestLog _log = new();

    [Fact]
    public Task A_page_goes_on_from_what_is_active_to_what_has_ended() => RunAsync(async () =>
    {
        Orchestrator<object?, string>("wait", (context, _) => context.WaitForExternalEvent<string>("go"));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: _log.Configure);
        await SeedAsync(4, static _ => false);

        OrchestrationPage ended = await host.Client.ListInstancesAsync(new OrchestrationQuery { PageSize = 50 }, Deadline);
        Assert.Equal(4, ended.Values.Count);
        Assert.Null(ended.ContinuationToken);

        List<string> waiting = [];
        for (int i = 0; i < 2; i++)
        {
            waiting.Add((await host.Client.ScheduleNewOrchestrationInstanceAsync("wait")).InstanceId);
        }

        OrchestrationPage first = await host.Client.ListInstancesAsync(new OrchestrationQuery { PageSize = 5 }, Deadline);
        Assert.Equal(5, first.Values.Count);
        OrchestrationPage second = await host.Client.ListInstancesAsync(
            new OrchestrationQuery { PageSize = 5, ContinuationToken = first.ContinuationToken }, Deadline);
        Assert.Null(second.ContinuationToken);
        string[] listed = [.. first.Values.Take(2).Select(static m => m.InstanceId).Order(), .. Tail(first, 2), .. Tail(second, 0)];
        Assert.Equal([.. waiting.Order(), .. Ids(4)], listed);
    });

    [Fact]
    public Task A_listing_shows_a_custom_status_that_is_short_without_a_read() => RunAsync(async () =>
    {
        Orchestrator<int, string>("shows", async (context, length) =>
        {
            context.SetCustomStatus(new { text = new string('s', length) });
            await context.WaitForExternalEvent<string>("go");
            context.SetCustomStatus("is \u00e4lter");
            return "done";
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: _log.Configure);
        OrchestrationMetadata[] instances =
        [
            await host.Client.ScheduleNewOrchestrationInstanceAsync("shows", 200),
            await host.Client.ScheduleNewOrchestrationInstanceAsync("shows", 300),
        ];
        foreach (OrchestrationMetadata instance in instances)
        {
            await host.Client.WaitForInstanceAsync(instance.InstanceId, static m => m.SerializedCustomStatus is not null, Deadline);
        }

        _log.Clear();
        Dictionary<string, string?> listed = await ListAsync();
        Assert.Equal(2, _log.Count);
        Assert.Equal($$"""{"text":"{{new string('s', 200)}}"}""", listed[instances[0].InstanceId]);
        Assert.Null(listed[instances[1].InstanceId]);

        foreach (OrchestrationMetadata instance in instances)
        {
            await host.Client.RaiseEventAsync(instance.InstanceId, "go", "on", Deadline);
            await host.Client.WaitForInstanceCompletionAsync(instance.InstanceId, Deadline);
        }

        Assert.All((await ListAsync()).Values, static status => Assert.Equal("\"is \u00e4lter\"", status));

        async Task<Dictionary<string, string?>> ListAsync() =>
            (await host.Client.ListInstancesAsync(new OrchestrationQuery { PageSize = 10 }, Deadline)).Values
                .ToDictionary(static m => m.InstanceId, static m => m.SerializedCustomStatus);
    });

    [Fact]
    public Task Pages_of_what_is_rare_and_then_dense_neither_skip_nor_repeat() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: _log.Configure, start: false);
        await SeedAsync(Seeded, IsFailed);

        foreach (int pageSize in (int[])[7, 20, 1_000])
        {
            List<string> listed = [];
            var query = new OrchestrationQuery { PageSize = pageSize, Statuses = [OrchestrationRuntimeStatus.Failed] };
            do
            {
                _log.Clear();
                OrchestrationPage page = await host.Client.ListInstancesAsync(query, Deadline);
                Assert.InRange(_log.Count, 1, MostListings);
                Assert.InRange(page.Values.Count, 0, pageSize);
                listed.AddRange(page.Values.Select(static m => m.InstanceId));
                query = query with { ContinuationToken = page.ContinuationToken };
            }
            while (query.ContinuationToken is not null);
            Assert.Equal(Ids(Seeded).Where((_, i) => IsFailed(i)), listed);
        }

        static bool IsFailed(int i) => i % 400 == 399 || i is >= 1_000 and < 1_070;
    });

    [Fact]
    public Task A_page_gives_up_after_its_listings_and_says_where_to_go_on() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: _log.Configure, start: false);
        await SeedAsync(Seeded, static i => i == Seeded - 1);
        var query = new OrchestrationQuery { PageSize = 1, Statuses = [OrchestrationRuntimeStatus.Failed] };

        OrchestrationPage first = await host.Client.ListInstancesAsync(query, Deadline);
        Assert.Empty(first.Values);
        Assert.NotNull(first.ContinuationToken);
        Assert.Equal(MostListings, _log.Count);

        OrchestrationPage second = await host.Client.ListInstancesAsync(
            query with { ContinuationToken = first.ContinuationToken }, Deadline);
        Assert.Equal(Ids(Seeded)[^1], Assert.Single(second.Values).InstanceId);
    });

    private static string[] Ids(int count) => [.. Enumerable.Range(0, count).Select(Id)];

    private static IEnumerable<string> Tail(OrchestrationPage page, int from) => page.Values.Skip(from).Select(static m => m.InstanceId);

    private static string Id(int i) => i.ToString("x-00000", CultureInfo.InvariantCulture);

    // A listing reads no blob.
    private async Task SeedAsync(int count, Func<int, bool> failed) => await Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Deadline },
        async (i, cancellationToken) => await Hub.Container.GetBlobClient($"orchestrations/finished/{Id(i)}.json").UploadAsync(
            BinaryData.Empty,
            new BlobUploadOptions
            {
                Metadata = new Dictionary<string, string>
                {
                    ["name"] = "seeded",
                    ["generation"] = "1",
                    ["status"] = failed(i) ? "Failed" : "Completed",
                    ["created"] = Created.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                    ["updated"] = Created.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                },
            },
            cancellationToken));
}
