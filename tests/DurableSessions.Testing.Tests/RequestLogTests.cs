using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;

namespace DurableSessions.Testing.Tests;

public sealed class RequestLogTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Every_request_is_noted_with_its_blob_its_kind_and_its_answer()
    {
        var log = new RequestLog();
        SessionStorage storage = await azurite.NewStorageAsync(log.Configure);
        log.Clear();

        await storage.Container.GetBlobClient("manifests/a b/ä@x.json").UploadAsync(BinaryData.FromString("{}"));
        await storage.Container.GetBlobClient("missing").ExistsAsync();
        await foreach (BlobItem item in storage.Container.GetBlobsAsync(
            BlobTraits.None, BlobStates.None, "manifests/a b/", CancellationToken.None))
        {
            Assert.Equal("manifests/a b/ä@x.json", item.Name);
        }

        Assert.Equal(
            [
                ("PUT", "manifests/a b/ä@x.json", "", "", 201),
                ("HEAD", "missing", "", "", 404),
                ("GET", "", "list", "manifests/a b/", 200),
            ],
            log.Requests.Select(request => (request.Method, request.Blob, request.Comp, request.Prefix, request.Status!.Value)));
        Assert.Equal(1, log.CountOf("GET", "manifests/", "list"));
    }

    [Fact]
    public async Task Retries_are_requests_and_one_without_an_answer_has_status_0()
    {
        var log = new RequestLog();
        FaultTransport transport = new FaultTransport().AtRequest(1, Fault.FailBeforeSending).AtRequest(
            2, Fault.Respond(503, "ServerBusy"));
        SessionStorage storage = await azurite.NewStorageAsync(options =>
        {
            transport.Configure(options);
            log.Configure(options);
        });

        await storage.Container.GetBlobClient("a").UploadAsync(BinaryData.FromString("a"));

        Assert.Equal([0, 503, 201], log.Requests.Select(request => request.Status!.Value));
        Assert.Equal("ServerBusy", log.Requests[1].ErrorCode);
        Assert.Equal(3, log.Count);
    }

    [Fact]
    public async Task Two_storages_of_a_fixture_share_nothing()
    {
        SessionStorage one = await azurite.NewStorageAsync();
        SessionStorage other = await azurite.NewStorageAsync();

        await one.Container.GetBlobClient("a").UploadAsync(BinaryData.FromString("a"));

        Assert.False(await other.Container.GetBlobClient("a").ExistsAsync());
    }
}
