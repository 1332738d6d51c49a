using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.BadInput;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

public sealed class LimitTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_that_asks_too_often_gets_a_time_to_retry_and_leaves_other_keys_alone()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        var store = new KeyStore(storage.Container, TimeProvider.System);
        string ann = (await store.AddAsync("acme", "ann", Cancelled)).Text;
        string bob = (await store.AddAsync("acme", "bob", Cancelled)).Text;
        var limits = new HttpLimits { RequestsPerSecond = 1, Burst = 20, UnauthenticatedRequestsPerSecond = 5 };
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: TimeProvider.System, limits: limits);

        HttpResponseMessage? rejected = null;
        for (int i = 0; i < 200 && rejected is null; i++)
        {
            HttpResponseMessage response = await GetAsync(host, "/api/v1/system/status", ann);
            Assert.True(i >= 20 || response.StatusCode == HttpStatusCode.OK, $"Request {i} is answered {response.StatusCode}.");
            rejected = response.StatusCode == HttpStatusCode.OK ? null : response;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, rejected?.StatusCode);
        Assert.Equal(
            """{"status":"error","error":{"code":"RESOURCE_EXHAUSTED","message":"Too many requests; try again in 1 s.","details":{}}}""",
            await rejected!.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal(TimeSpan.FromSeconds(1), rejected.Headers.RetryAfter?.Delta);
        Assert.True(rejected.Headers.Contains("X-Request-ID"));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(host, "/api/v1/system/status", bob)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(host, "/health", null)).StatusCode);

        int refused = 0;
        for (int i = 0; i < 50 && refused == 0; i++)
        {
            HttpStatusCode status = (await GetAsync(host, "/api/v1/system/status", $"guess-{i}")).StatusCode;
            Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests]);
            refused += status == HttpStatusCode.TooManyRequests ? 1 : 0;
        }

        Assert.Equal(1, refused);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(host, "/health", null)).StatusCode);
    }

    [Fact]
    public async Task Keys_are_not_tried_more_often_where_no_key_is_asked_for()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        await new KeyStore(storage.Container, TimeProvider.System).AddAsync("acme", "ann", Cancelled);
        var limits = new HttpLimits { UnauthenticatedRequestsPerSecond = 5 };
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: TimeProvider.System, limits: limits);
        HttpStatusCode status = HttpStatusCode.Unauthorized;
        for (int i = 0; i < 200 && status == HttpStatusCode.Unauthorized; i++)
        {
            status = (await GetAsync(host, "/health", $"guess-{i}")).StatusCode;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(host, "/health", null)).StatusCode);
    }

    [Fact]
    public async Task Bodies_and_headers_are_as_large_as_the_host_allows()
    {
        var limits = new HttpLimits { BodyBytes = 2_000, HeaderBytes = 3_000 };
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false, limits: limits);
        Assert.Equal(HttpStatusCode.OK, await AppendAsync(host, 1_900));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await AppendAsync(host, 2_000));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(host, "/health", new string('x', 2_500), "X-Other")).StatusCode);
        HttpResponseMessage large = await GetAsync(host, "/health", new string('x', 3_000), "X-Other");
        Assert.Equal(HttpStatusCode.BadRequest, large.StatusCode);
        Assert.Contains(
            "all headers together must be at most 3000 bytes", await large.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_more_than_there_may_be_is_closed()
    {
        await using ApiHost host = await ApiHost.StartAsync(
            await azurite.NewStorageAsync(), withEngine: false, limits: new HttpLimits { Connections = 2 });
        using TcpClient first = await ConnectAsync(host, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        using TcpClient second = await ConnectAsync(host, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.True(await first.GetStream().ReadAsync(new byte[1], Cancelled) > 0);
        Assert.True(await second.GetStream().ReadAsync(new byte[1], Cancelled) > 0);
        using TcpClient third = await ConnectAsync(host, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal(0, await ReadOrEndAsync(third));
    }

    [Fact]
    public async Task A_client_that_does_not_end_its_headers_is_cut_off()
    {
        await using ApiHost host = await ApiHost.StartAsync(
            await azurite.NewStorageAsync(), withEngine: false, limits: new HttpLimits { HeadersSeconds = 1 });
        using TcpClient slow = await ConnectAsync(host, "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Never: ");
        var watch = Stopwatch.StartNew();
        while (await ReadOrEndAsync(slow) > 0)
        {
        }

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_body_that_comes_too_slowly_is_answered_and_changes_nothing()
    {
        var limits = new HttpLimits { SlowSeconds = 2, MinBytesPerSecond = 1_000 };
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false, limits: limits);
        RawReply reply = await SendBeginningAsync(host);
        Assert.Equal(400, reply.Status);
        Assert.Contains("came too slowly", reply.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(host, "/api/v1/sessions/s", null)).StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_not_whole_in_time_is_answered_and_changes_nothing()
    {
        var limits = new HttpLimits { BodySeconds = 1, SlowSeconds = 60 };
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false, limits: limits);
        RawReply reply = await SendBeginningAsync(host);
        Assert.Equal(408, reply.Status);
        Assert.Equal(
            """{"status":"error","error":{"code":"DEADLINE_EXCEEDED","message":"body: must be sent within 1 seconds.","details":{}}}""",
            reply.Body);
        Assert.Equal(0, host.Bodies.Held);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(host, "/api/v1/sessions/s", null)).StatusCode);
    }

    [Fact]
    public async Task A_body_waits_while_others_hold_the_bytes_and_is_asked_to_come_again()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false);
        using BodyLease held = host.Bodies.Begin("address 127.0.0.1");
        await held.GrowToAsync(new HttpLimits().BodiesBytes / 2, Cancelled);
        using var content = new StringContent("""{"role":"user","content":"x"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage refused = await host.Client.PostAsync("/api/v1/sessions/s/messages", content, Cancelled);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(2), refused.Headers.RetryAfter?.Delta);
        Assert.Contains("\"UNAVAILABLE\"", await refused.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        Task<HttpStatusCode> waiting = AppendAsync(host, 10);
        held.Dispose();
        Assert.Equal(HttpStatusCode.OK, await waiting);
        Assert.Equal(0, host.Bodies.Held);
    }

    [Fact]
    public async Task A_connection_of_HTTP_2_has_a_bounded_number_of_requests()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false);
        Assert.Equal(50, host.Kestrel.Limits.Http2.MaxStreamsPerConnection);
    }

    [Theory]
    [InlineData(10_000_000, 3_600)]
    [InlineData(240, 1)]
    public async Task A_client_that_does_not_take_a_large_context_is_cut_off(int bytesPerSecond, int answerSeconds)
    {
        var limits = new HttpLimits
        {
            Connections = 2,
            SlowSeconds = 2,
            MinBytesPerSecond = bytesPerSecond,
            AnswerSeconds = answerSeconds,
        };
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false, limits: limits);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await AppendAsync(host, 8 * 1024 * 1024));
        }

        using var slow = new TcpClient { ReceiveBufferSize = 4 * 1024 };
        await slow.ConnectAsync(host.Client.BaseAddress!.Host, host.Client.BaseAddress.Port, Cancelled);
        await slow.GetStream().WriteAsync(
            "GET /api/v1/sessions/s/context?token_budget=10000000 HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Cancelled);
        Assert.Equal(256, await ReadOrEndAsync(slow));

        // The host takes two connections, and the other one is kept alive by the client of the test.
        var watch = Stopwatch.StartNew();
        int answered = 0;
        while (answered == 0 && watch.Elapsed < TimeSpan.FromSeconds(30))
        {
            using TcpClient next = await ConnectAsync(host, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            answered = await ReadOrEndAsync(next);
        }

        Assert.True(answered > 0, "The client that takes nothing has its connection still.");
    }

    [Theory]
    [InlineData(false, HttpStatusCode.Forbidden)]
    [InlineData(true, HttpStatusCode.MethodNotAllowed)]
    public async Task Other_sites_are_not_let_in_by_browsers(bool hasKeys, HttpStatusCode status)
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        if (hasKeys)
        {
            await new KeyStore(storage.Container, TimeProvider.System).AddAsync("acme", "ann", Cancelled);
        }

        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Options, "/api/v1/sessions");
        request.Headers.Add("Origin", "https://elsewhere.example");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        using HttpResponseMessage response = await host.Client.SendAsync(request, Cancelled);
        Assert.DoesNotContain(response.Headers, static h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(status, response.StatusCode);
    }

    // The beginning of an append; the rest of its body never comes.
    private static Task<RawReply> SendBeginningAsync(ApiHost host) => RawClient.SendAsync(
        host.Client.BaseAddress!,
        "POST /api/v1/sessions/s/messages HTTP/1.1\r\nHost: localhost\r\n"
        + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
        Encoding.UTF8.GetBytes("""{"role":"user","""));

    private static async Task<HttpStatusCode> AppendAsync(ApiHost host, int bytes)
    {
        string json = $$"""{"role":"user","content":"{{new string('x', bytes)}}"}""";
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Client.PostAsync("/api/v1/sessions/s/messages", content, Cancelled);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> GetAsync(ApiHost host, string path, string? value, string header = "X-API-Key")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (value is not null)
        {
            request.Headers.Add(header, value);
        }

        return await host.Client.SendAsync(request, Cancelled);
    }

    private static async Task<TcpClient> ConnectAsync(ApiHost host, string head)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(host.Client.BaseAddress!.Host, host.Client.BaseAddress.Port, Cancelled);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Cancelled);
        return tcp;
    }

    // 0: the connection was closed, in order or not.
    private static async Task<int> ReadOrEndAsync(TcpClient tcp)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            return await tcp.GetStream().ReadAsync(new byte[256], limit.Token);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
