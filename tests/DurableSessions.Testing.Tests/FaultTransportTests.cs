using System.Text;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Storage;

namespace DurableSessions.Testing.Tests;

public sealed class FaultTransportTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);

    private readonly FaultTransport _transport = new();
    private readonly RequestLog _log = new();

    [Fact]
    public async Task A_request_that_is_not_sent_changes_nothing()
    {
        AppendBlobClient blob = await NewAppendBlobAsync();
        _transport.When(request => request.Is("PUT", "log", "appendblock"), Fault.FailBeforeSending);

        RequestFailedException e = await Assert.ThrowsAsync<RequestFailedException>(() => AppendAsync(blob, "a"));

        Assert.Equal(0, e.Status);
        Assert.Equal("", await ReadAsync(blob));
    }

    [Fact]
    public async Task A_request_whose_answer_is_dropped_is_carried_out_once()
    {
        AppendBlobClient blob = await NewAppendBlobAsync();
        _transport.When(request => request.Is("PUT", "log", "appendblock"), Fault.DropAnswer);

        RequestFailedException e = await Assert.ThrowsAsync<RequestFailedException>(() => AppendAsync(blob, "a"));

        Assert.Equal(0, e.Status);
        Assert.Equal("a", await ReadAsync(blob));
    }

    [Fact]
    public async Task The_second_copy_of_a_request_arrives_when_the_test_says_so()
    {
        AppendBlobClient blob = await NewAppendBlobAsync();
        var twice = new SentTwice();
        _transport.When(request => request.Is("PUT", "log", "appendblock"), twice);

        await AppendAsync(blob, "a");
        await AppendAsync(blob, "b");
        Assert.Equal("ab", await ReadAsync(blob));

        Assert.Equal([201], await twice.DeliverCopiesAsync());
        Assert.Equal("aba", await ReadAsync(blob));
    }

    [Fact]
    public async Task A_held_request_goes_on_when_it_is_released()
    {
        AppendBlobClient blob = await NewAppendBlobAsync();
        var held = new HoldsRequest();
        _transport.When(request => request.Is("PUT", "log", "appendblock"), held);

        Task append = AppendAsync(blob, "a");
        await held.Arrived.WaitAsync(s_timeout);
        Assert.Equal("", await ReadAsync(blob));
        Assert.Equal(201, await held.ReleaseAsync());

        await append.WaitAsync(s_timeout);
        Assert.Equal("a", await ReadAsync(blob));
    }

    [Fact]
    public async Task A_held_request_can_be_carried_out_after_its_client_gave_up_and_tried_again()
    {
        AppendBlobClient blob = await NewAppendBlobAsync(options =>
        {
            options.Retry.NetworkTimeout = TimeSpan.FromMilliseconds(200);
            options.Retry.MaxRetries = 1;
        });
        var held = new HoldsRequest();
        _transport.When(request => request.Is("PUT", "log", "appendblock"), held);

        await blob.AppendBlockAsync(Body("a")).WaitAsync(s_timeout);
        Assert.Equal("a", await ReadAsync(blob));
        Assert.Equal(201, await held.ReleaseAsync());

        Assert.Equal("aa", await ReadAsync(blob));
        Assert.Equal(2, _log.CountOf("PUT", "log", "appendblock"));
    }

    [Fact]
    public async Task A_late_copy_carries_the_conditions_of_its_request()
    {
        AppendBlobClient blob = await NewAppendBlobAsync();
        var twice = new SentTwice();
        _transport.When(request => request.Is("PUT", "log", "appendblock"), twice);

        var atStart = new AppendBlobRequestConditions { IfAppendPositionEqual = 0 };
        await blob.AppendBlockAsync(Body("a"), new AppendBlobAppendBlockOptions { Conditions = atStart });

        Assert.Equal([412], await twice.DeliverCopiesAsync());
        Assert.Equal("a", await ReadAsync(blob));
    }

    [Fact]
    public async Task A_canned_answer_reaches_the_client_with_its_code_and_is_retried_as_a_real_one()
    {
        AppendBlobClient blob = await NewAppendBlobAsync();
        _transport.When(request => request.Is("PUT", "log", "appendblock"), Fault.Respond(503, "ServerBusy", TimeSpan.FromSeconds(1)));

        RequestFailedException e = await Assert.ThrowsAsync<RequestFailedException>(() => AppendAsync(blob, "a"));
        Assert.Equal((503, "ServerBusy"), (e.Status, e.ErrorCode));
        Assert.True(e.GetRawResponse()!.Headers.TryGetValue("Retry-After", out string? seconds) && seconds == "1");

        AppendBlobClient retrying = await NewAppendBlobAsync(options => options.Retry.MaxRetries = 2);
        _transport.When(request => request.Is("PUT", "log", "appendblock"), Fault.Respond(503, "ServerBusy"));
        await AppendAsync(retrying, "a");
        Assert.Equal("a", await ReadAsync(retrying));
    }

    [Fact]
    public async Task Faults_happen_to_the_requests_a_rule_names_and_no_more_often()
    {
        AppendBlobClient blob = await NewAppendBlobAsync();
        _transport.When(request => request.Is("PUT", "log", "appendblock"), Fault.FailBeforeSending, skip: 1, times: 2);

        await AppendAsync(blob, "a");
        await Assert.ThrowsAsync<RequestFailedException>(() => AppendAsync(blob, "b"));
        await Assert.ThrowsAsync<RequestFailedException>(() => AppendAsync(blob, "c"));
        await AppendAsync(blob, "d");

        Assert.Equal("ad", await ReadAsync(blob));
    }

    [Theory]
    [InlineData(false, "a")]
    [InlineData(true, "ab")]
    public async Task A_dead_process_sends_nothing_more_and_waits_for_ever(bool carriesOutTheLast, string expected)
    {
        AppendBlobClient blob = await NewAppendBlobAsync();
        await AppendAsync(blob, "a");
        _transport.StopTheWorldAt(_transport.Requests + 1, carriesOutTheLast);

        Task last = AppendAsync(blob, "b");
        await _transport.Stopped.WaitAsync(s_timeout);
        Task later = AppendAsync(blob, "c");

        AppendBlobClient other = (await azurite.ConnectAsync(blob.BlobContainerName)).Container.GetAppendBlobClient("log");
        Assert.Equal(expected, await ReadAsync(other));
        Assert.False(last.IsCompleted || later.IsCompleted);

        _transport.FailHanging();
        await Assert.ThrowsAsync<RequestFailedException>(() => last);
        await Assert.ThrowsAsync<RequestFailedException>(() => later);
        Assert.Equal(expected, await ReadAsync(other));
    }

    [Fact]
    public async Task Random_faults_repeat_with_their_seed_and_end()
    {
        string first = await AppendAtRandomAsync(seed: 7);
        string second = await AppendAtRandomAsync(seed: 7);
        string other = await AppendAtRandomAsync(seed: 8);

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
        Assert.Equal(10, first.Split(';').Length - 1);
    }

    [Fact]
    public async Task A_failure_names_the_seed_and_the_faults_that_happened()
    {
        var transport = new FaultTransport(new RandomFaults(seed: 11, probability: 0, maxFaults: 1));
        transport.AtRequest(1, Fault.DropAnswer);
        SessionStorage storage = await azurite.NewStorageAsync(transport.Configure);

        InjectedFaultsException e = await Assert.ThrowsAsync<InjectedFaultsException>(() => transport.ExplainAsync(async () =>
            await storage.Unretried.GetAppendBlobClient("log").CreateAsync()));

        Assert.Contains("seed 11", e.Message, StringComparison.Ordinal);
        Assert.Contains("#1 PUT log answer dropped", e.Message, StringComparison.Ordinal);
    }

    private async Task<string> AppendAtRandomAsync(int seed)
    {
        var random = new RandomFaults(seed, probability: 0.5, maxFaults: 10);
        var transport = new FaultTransport(random);
        SessionStorage storage = await azurite.NewStorageAsync(transport.Configure);
        AppendBlobClient blob = storage.Unretried.GetAppendBlobClient("log");
        await azurite.ConnectAsync(blob.BlobContainerName).ContinueWith(
            plain => plain.Result.Container.GetAppendBlobClient("log").Create(), TaskScheduler.Default);
        for (int i = 0; i < 60; i++)
        {
            try
            {
                await AppendAsync(blob, "a");
            }
            catch (RequestFailedException)
            {
                // Expected of some.
            }
        }

        await random.DeliverCopiesAsync();
        return $"{await ReadAsync(blob)};{string.Join(';', transport.ToString().Split("; ")[1..])}";
    }

    private async Task<AppendBlobClient> NewAppendBlobAsync(Action<BlobClientOptions>? configure = null)
    {
        SessionStorage storage = await azurite.NewStorageAsync(options =>
        {
            options.Retry.MaxRetries = 0;
            _transport.Configure(options);
            _log.Configure(options);
            configure?.Invoke(options);
        });
        AppendBlobClient blob = storage.Container.GetAppendBlobClient("log");
        await blob.CreateAsync();
        return blob;
    }

    private static async Task AppendAsync(AppendBlobClient blob, string text) => await blob.AppendBlockAsync(Body(text));

    private static async Task<string> ReadAsync(BlobBaseClient blob) => (await blob.DownloadContentAsync()).Value.Content.ToString();

    private static MemoryStream Body(string text) => new(Encoding.UTF8.GetBytes(text));
}
