using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Storage;

namespace DurableSessions.Testing.Tests.Simulation;

/// <summary>What the simulated storage is beside an equal of Azurite.</summary>
public sealed class SimulatedStorageTests
{
    private readonly SimulatedStorage _simulated = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_that_it_does_not_know_is_named_with_its_headers()
    {
        BlobContainerClient container = await NewContainerAsync();

        UnknownRequestException request = await Assert.ThrowsAsync<UnknownRequestException>(
            () => container.GetBlobClient("a").CreateSnapshotAsync(cancellationToken: Cancelled));
        UnknownRequestException header = await Assert.ThrowsAsync<UnknownRequestException>(
            () => container.GetBlobClient("a").GetPropertiesAsync(new BlobRequestConditions { LeaseId = "lease" }, Cancelled));
        UnknownRequestException parameter = await Assert.ThrowsAsync<UnknownRequestException>(
            () => container.GetBlobClient("a").WithVersion("v").DownloadContentAsync(Cancelled));

        Assert.Contains("PUT some/a?comp=snapshot with ", request.Message, StringComparison.Ordinal);
        Assert.Contains("'x-ms-lease-id': HEAD some/a", header.Message, StringComparison.Ordinal);
        Assert.Contains("'versionid': GET some/a?versionid=v", parameter.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_024, 1, null)]
    [InlineData(1_025, 1, "a name of more than")]
    [InlineData(600, 254, null)]
    [InlineData(600, 255, "a name of more than")]
    public async Task A_name_that_storage_refuses_is_taken_from_no_client(int length, int segments, string? refused)
    {
        BlobContainerClient container = await NewContainerAsync();
        string name = string.Concat(Enumerable.Repeat("a/", segments - 1)).PadRight(length, 'a');
        Task Upload() => container.GetBlobClient(name).UploadAsync(BinaryData.FromString("x"), Cancelled);

        await AssertTakenAsync(Upload, refused);
    }

    [Theory]
    [InlineData("said ~", null)]
    [InlineData("é", "printable ASCII in 'x-ms-meta-some'")]
    [InlineData("a\tb", "printable ASCII in 'x-ms-meta-some'")]
    public async Task A_header_that_no_client_can_send_is_taken_from_none(string value, string? refused)
    {
        BlobContainerClient container = await NewContainerAsync();
        var options = new BlobUploadOptions { Metadata = new Dictionary<string, string> { ["some"] = value } };
        Task Upload() => container.GetBlobClient("a").UploadAsync(BinaryData.FromString("x"), options, Cancelled);

        await AssertTakenAsync(Upload, refused);
    }

    [Fact]
    public async Task The_same_requests_get_the_same_answers()
    {
        var clock = new FixedClock(new DateTimeOffset(2031, 2, 3, 4, 5, 6, 700, TimeSpan.Zero));
        List<(ETag, DateTimeOffset)> answers = [];
        for (int run = 0; run < 2; run++)
        {
            BlobContainerClient container = new SimulatedStorage(clock).Connect("some").Container;
            await container.CreateAsync(cancellationToken: Cancelled);
            BlobContentInfo put = await container.GetBlobClient("a").UploadAsync(BinaryData.FromString("a"), Cancelled);
            answers.Add((put.ETag, put.LastModified));
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero), answers[0].Item2);
    }

    [Fact]
    public async Task Of_many_swaps_of_one_version_one_succeeds()
    {
        BlobClient blob = (await NewContainerAsync()).GetBlobClient("a");
        ETag version = (await blob.UploadAsync(BinaryData.FromString("0"), Cancelled)).Value.ETag;

        int[] statuses = await Task.WhenAll(Enumerable.Range(1, 50).Select(async i =>
        {
            try
            {
                var options = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfMatch = version } };
                return (await blob.UploadAsync(BinaryData.FromString($"{i}"), options, Cancelled)).GetRawResponse().Status;
            }
            catch (RequestFailedException e)
            {
                return e.Status;
            }
        }));

        Assert.Equal([201, .. Enumerable.Repeat(412, 49)], statuses.Order());
    }

    [Fact]
    public async Task An_append_blob_takes_50000_blocks()
    {
        AppendBlobClient blob = (await NewContainerAsync()).GetAppendBlobClient("a");
        await blob.CreateAsync(cancellationToken: Cancelled);
        using var content = new MemoryStream([1]);
        for (int i = 1; i <= 50_000; i++)
        {
            content.Position = 0;
            await blob.AppendBlockAsync(content, cancellationToken: Cancelled);
        }

        content.Position = 0;
        RequestFailedException e = await Assert.ThrowsAsync<RequestFailedException>(
            () => blob.AppendBlockAsync(content, cancellationToken: Cancelled));

        Assert.Equal((409, "BlockCountExceedsLimit"), (e.Status, e.ErrorCode));
        Assert.Equal(50_000, (await blob.GetPropertiesAsync(cancellationToken: Cancelled)).Value.ContentLength);
    }

    [Fact]
    public async Task Faults_happen_on_the_way_to_it()
    {
        BlobContainerClient plain = await NewContainerAsync();
        FaultTransport faults = new FaultTransport().AtRequest(1, Fault.DropAnswer).AtRequest(2, Fault.Respond(503, "ServerBusy"));
        var log = new RequestLog();
        SessionStorage storage = _simulated.Connect(plain.Name, options =>
        {
            options.Retry.Delay = TimeSpan.FromMilliseconds(1);
            faults.Configure(options);
            log.Configure(options);
        });

        var isNew = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
        RequestFailedException e = await Assert.ThrowsAsync<RequestFailedException>(
            () => storage.Container.GetBlobClient("a").UploadAsync(BinaryData.FromString("a"), isNew, Cancelled));

        Assert.Equal(BlobErrorCode.BlobAlreadyExists, e.ErrorCode);
        Assert.Equal([0, 503, 409], log.Requests.Select(static r => r.Status!.Value));
        Assert.Equal("a", (await plain.GetBlobClient("a").DownloadContentAsync(Cancelled)).Value.Content.ToString());
    }

    [Fact]
    public async Task A_deleted_container_keeps_its_name_for_30_seconds_as_in_the_service()
    {
        var clock = new FixedClock(new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero));
        BlobContainerClient container = await NewContainerAsync(new SimulatedStorage(clock, ServiceDifference.DeletedContainerFreesName));
        await container.DeleteAsync(cancellationToken: Cancelled);

        clock.Now += TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1);
        RequestFailedException early = await Assert.ThrowsAsync<RequestFailedException>(
            () => container.CreateAsync(cancellationToken: Cancelled));
        clock.Now += TimeSpan.FromTicks(1);
        Response<BlobContainerInfo> late = await container.CreateAsync(cancellationToken: Cancelled);

        Assert.Equal((409, "ContainerBeingDeleted"), (early.Status, early.ErrorCode));
        Assert.Equal(201, late.GetRawResponse().Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    [InlineData(1)]
    public async Task Short_pages_of_the_service_have_every_blob_once(int? pageSize)
    {
        BlobContainerClient container = await NewContainerAsync(new SimulatedStorage(null, ServiceDifference.PagesAreFull));
        string[] names = [.. Enumerable.Range(0, 8).Select(static i => $"{i}")];
        foreach (string name in names)
        {
            await container.GetBlobClient(name).UploadAsync(BinaryData.FromString(name), Cancelled);
        }

        List<Page<BlobItem>> pages = [];
        await foreach (Page<BlobItem> page in container.GetBlobsAsync(new GetBlobsOptions(), Cancelled).AsPages(pageSizeHint: pageSize))
        {
            pages.Add(page);
        }

        Assert.Equal(names, pages.SelectMany(static page => page.Values).Select(static item => item.Name));
        Assert.All(pages, page => Assert.InRange(page.Values.Count, 1, ((pageSize ?? names.Length) + 1) / 2));
    }

    [Fact]
    public async Task A_block_blob_does_not_replace_an_append_blob_in_the_service()
    {
        BlobContainerClient container = await NewContainerAsync(new SimulatedStorage(null, ServiceDifference.PutChangesType));
        await container.GetAppendBlobClient("a").CreateAsync(cancellationToken: Cancelled);
        await container.GetAppendBlobClient("a").CreateAsync(cancellationToken: Cancelled);

        RequestFailedException e = await Assert.ThrowsAsync<RequestFailedException>(
            () => container.GetBlobClient("a").UploadAsync(BinaryData.FromString("a"), overwrite: true, Cancelled));
        await container.GetBlobClient("a").DeleteAsync(cancellationToken: Cancelled);
        await container.GetBlobClient("a").UploadAsync(BinaryData.FromString("a"), overwrite: true, Cancelled);

        Assert.Equal((409, "InvalidBlobType"), (e.Status, e.ErrorCode));
    }

    [Fact]
    public async Task Staged_blocks_alone_are_deleted_by_the_service_though_they_are_no_blob()
    {
        BlobContainerClient container = await NewContainerAsync(
            new SimulatedStorage(null, ServiceDifference.StagedBlocksAreBlob, ServiceDifference.StagedBlocksOutliveBlob));
        BlockBlobClient blob = container.GetBlockBlobClient("a");
        using var content = new MemoryStream([1]);
        await blob.StageBlockAsync("AAAA", content, cancellationToken: Cancelled);

        Response deleted = await blob.DeleteAsync(cancellationToken: Cancelled);
        RequestFailedException again = await Assert.ThrowsAsync<RequestFailedException>(
            () => blob.DeleteAsync(cancellationToken: Cancelled));
        RequestFailedException commit = await Assert.ThrowsAsync<RequestFailedException>(
            () => blob.CommitBlockListAsync(["AAAA"], cancellationToken: Cancelled));

        Assert.Equal(202, deleted.Status);
        Assert.Equal("BlobNotFound", again.ErrorCode);
        Assert.Equal("InvalidBlockList", commit.ErrorCode);
    }

    [Fact]
    public async Task The_service_deletes_what_must_not_exist_and_gives_it_no_metadata()
    {
        BlobContainerClient container = await NewContainerAsync(new SimulatedStorage(null, ServiceDifference.WriteIfNoneMatchAny));
        BlobClient blob = container.GetBlobClient("a");
        ETag version = (await blob.UploadAsync(BinaryData.FromString("a"), Cancelled)).Value.ETag;
        var any = new BlobRequestConditions { IfNoneMatch = ETag.All };

        RequestFailedException metadata = await Assert.ThrowsAsync<RequestFailedException>(
            () => blob.SetMetadataAsync(new Dictionary<string, string>(), any, Cancelled));
        RequestFailedException known = await Assert.ThrowsAsync<RequestFailedException>(
            () => blob.DeleteAsync(DeleteSnapshotsOption.None, new BlobRequestConditions { IfNoneMatch = version }, Cancelled));
        Response deleted = await blob.DeleteAsync(DeleteSnapshotsOption.None, any, Cancelled);

        Assert.Equal((412, "ConditionNotMet"), (metadata.Status, metadata.ErrorCode));
        Assert.Equal((412, "ConditionNotMet"), (known.Status, known.ErrorCode));
        Assert.Equal(202, deleted.Status);
    }

    private static async Task AssertTakenAsync(Func<Task> upload, string? refused)
    {
        if (refused is null)
        {
            await upload();
        }
        else
        {
            Assert.Contains(refused, (await Assert.ThrowsAsync<UnknownRequestException>(upload)).Message, StringComparison.Ordinal);
        }
    }

    private async Task<BlobContainerClient> NewContainerAsync(SimulatedStorage? storage = null)
    {
        BlobContainerClient container = (storage ?? _simulated).Connect("some").Container;
        await container.CreateAsync(cancellationToken: Cancelled);
        return container;
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
