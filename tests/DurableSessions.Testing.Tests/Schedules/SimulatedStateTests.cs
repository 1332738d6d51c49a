using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace DurableSessions.Testing.Tests.Schedules;

/// <summary>Runs begin where another one was; none sees what another one does.</summary>
[Collection(nameof(Simulated))]
public sealed class SimulatedStateTests
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_run_begins_with_what_was_kept()
    {
        (SimulatedState? state, string name, DateTimeOffset at) = (null, "", default);
        List<string> before = [];
        await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            name = container.Name;
            AppendBlobClient log = container.GetAppendBlobClient("log");
            await log.CreateAsync(cancellationToken: Cancelled);
            await AppendAsync(log, "a");
            await container.GetAppendBlobClient("other").CreateAsync(cancellationToken: Cancelled);
            await container.GetBlockBlobClient("staged").StageBlockAsync("AAAA", Body("s"), cancellationToken: Cancelled);
            await Task.Delay(s_hour, cluster.Time, Cancelled);
            state = cluster.Keep();
            at = cluster.Time.GetUtcNow();
            before = await ListAsync(container);

            // What the run that is kept does then is not seen either.
            await AppendAsync(log, "b");
        });

        for (int run = 1; run <= 2; run++)
        {
            await SimulatedCluster.RunAsync(
                Schedule.InOrder,
                async cluster =>
                {
                    cluster.MaxTime = 2 * s_hour;
                    BlobContainerClient container = (await cluster.ConnectAsync(name)).Container;
                    Assert.Equal(at, cluster.Time.GetUtcNow());
                    Assert.Equal(before, await ListAsync(container));
                    AppendBlobClient log = container.GetAppendBlobClient("log");
                    Assert.Equal("a", await ReadAsync(log));
                    await AppendAsync(log, "c");
                    Assert.Equal("ac", await ReadAsync(log));
                    await container.GetBlockBlobClient("staged").CommitBlockListAsync(["AAAA"], cancellationToken: Cancelled);
                    Assert.Equal("s", await ReadAsync(container.GetBlobClient("staged")));
                    await container.DeleteBlobAsync("other", cancellationToken: Cancelled);
                    Assert.DoesNotContain(
                        (await ListAsync(container)).Where(static b => b.StartsWith("log", StringComparison.Ordinal)), before.Contains);

                    // Its longest time counts from where it began.
                    await Task.Delay(1.5 * s_hour, cluster.Time, Cancelled);
                },
                state);
        }
    }

    [Fact]
    public Task Nothing_is_kept_while_a_request_is_on_its_way() => SimulatedCluster.RunAsync(Schedule.InOrder, static async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        Task request = container.ExistsAsync(Cancelled);
        Assert.Throws<InvalidOperationException>(cluster.Keep);
        await request;
        cluster.Keep();
    });

    private static async Task AppendAsync(AppendBlobClient blob, string text) =>
        await blob.AppendBlockAsync(Body(text), cancellationToken: Cancelled);

    private static MemoryStream Body(string text) => new(BinaryData.FromString(text).ToArray());

    private static async Task<string> ReadAsync(BlobBaseClient blob) =>
        (await blob.DownloadContentAsync(Cancelled)).Value.Content.ToString();

    // Names, versions, lengths and times.
    private static async Task<List<string>> ListAsync(BlobContainerClient container) => await container
        .GetBlobsAsync(cancellationToken: Cancelled)
        .Select(static (BlobItem b) =>
            $"{b.Name} {b.Properties.ETag} {b.Properties.ContentLength} {b.Properties.LastModified}")
        .ToListAsync(Cancelled);
}
