using System.Net;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>What a host answers while storage is too busy.</summary>
public class StorageLoadTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FaultTransport _way = new();
    private readonly RequestLog _log = new();
    private readonly StorageLoad _load;

    public StorageLoadTests() => _load = new StorageLoad(StorageLoad.MinRequests, _time);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_cannot_be_served_in_time_is_refused_before_any_storage_request()
    {
        await using ApiHost host = await ApiHost.StartAsync(await ConnectAsync(), withEngine: false);
        _way.StopTheWorldAt(_way.Requests + 1);
        using var gone = new CancellationTokenSource();
        Task[] open = [.. Enumerable.Range(0, StorageLoad.MinRequests + 1).Select(
            i => TryGetAsync(host, $"/api/v1/sessions/s{i}", gone.Token))];

        // One waits: the others are on their way, and storage answers none of them.
        await WaitUntilAsync(() => WaitIsSeen() && _log.Count == StorageLoad.MinRequests);
        _time.Advance(TimeSpan.FromSeconds(1.5));
        int before = _log.Count;
        using HttpResponseMessage refused = await host.Client.GetAsync("/api/v1/sessions/another", Cancelled)
            .WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(2), refused.Headers.RetryAfter?.Delta);
        Assert.Equal(
            """
            {"status":"error","error":{"code":"UNAVAILABLE","message":"Storage is busy. Nothing was begun; try again in 2 s.","details":{}}}
            """,
            await refused.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal((before, StorageLoad.MinRequests), (_log.Count, _log.Count));

        // What says how the host is, and what storage is not asked for, is answered as ever.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, "/health"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, "/api/v1/system/status"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host, "/nowhere"));
        await gone.CancelAsync();
        _way.FailHanging();
        await Task.WhenAll(open);
    }

    [Fact]
    public async Task What_has_waited_for_too_long_and_has_not_begun_is_refused_with_nothing_sent_though_storage_hangs()
    {
        await using ApiHost host = await ApiHost.StartAsync(await ConnectAsync(), withEngine: false);
        using var gone = new CancellationTokenSource();
        _way.StopTheWorldAt(_way.Requests + 1);
        Task[] open = [.. Enumerable.Range(0, StorageLoad.MinRequests).Select(
            i => TryGetAsync(host, $"/api/v1/sessions/s{i}", gone.Token))];
        await WaitUntilAsync(() => _log.Count == StorageLoad.MinRequests);
        Task<HttpResponseMessage> waiting = host.Client.PostAsync(
            "/api/v1/sessions/late/messages",
            new StringContent("""{"role":"user","content":"x"}""", null, "application/json"),
            Cancelled);
        await WaitUntilAsync(WaitIsSeen);
        _time.Advance(TimeSpan.FromSeconds(2.5));
        using HttpResponseMessage refused = await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(2), refused.Headers.RetryAfter?.Delta);
        Assert.Contains("Storage is busy. Nothing was begun", await refused.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        Assert.DoesNotContain(_log.Requests, static request => request.Blob.Contains("late", StringComparison.Ordinal));
        await gone.CancelAsync();
        _way.FailHanging();
        await Task.WhenAll(open);
    }

    // The clock stands meanwhile, but for what shows that a request waits.
    private bool WaitIsSeen()
    {
        _time.Advance(TimeSpan.FromTicks(1));
        return _load.ExpectedWait > TimeSpan.Zero;
    }

    private async Task<SessionStorage> ConnectAsync()
    {
        SessionStorage storage = new SimulatedStorage().Connect("c", options =>
        {
            _load.Configure(options);
            _log.Configure(options);
            _way.Configure(options);
            options.Retry.MaxRetries = 0;
        });
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        _log.Clear();
        return new SessionStorage(storage.Container, storage.Unretried) { Load = _load };
    }

    private static async Task<HttpStatusCode> StatusAsync(ApiHost host, string path)
    {
        using HttpResponseMessage response = await host.Client.GetAsync(path, Cancelled);
        return response.StatusCode;
    }

    private static async Task TryGetAsync(ApiHost host, string path, CancellationToken gone)
    {
        try
        {
            using HttpResponseMessage response = await host.Client.GetAsync(path, gone);
        }
        catch (OperationCanceledException)
        {
            // The test has ended.
        }
    }

    private static async Task WaitUntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Yield();
            Cancelled.ThrowIfCancellationRequested();
        }
    }
}
