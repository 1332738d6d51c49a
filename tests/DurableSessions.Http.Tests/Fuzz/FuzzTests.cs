using System.Diagnostics;
using CsCheck;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.BadInput;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Tests.Fuzz;

/// <summary>
/// For every request to every route, what goes out is an envelope (or what the route has instead) whose code fits its status, and never a
/// 500. The same requests each time; with <c>DURABLE_SESSIONS_TESTS=long</c> others besides, for ten minutes.
/// </summary>
public sealed class FuzzTests(SimulatedApiFixture api) : IClassFixture<SimulatedApiFixture>
{
    private const int Always = 1_000;
    private const int AlwaysWithKeys = 350;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_comes_in_is_a_bug()
    {
        List<RawReply> replies = await RunAsync(api.Host, key: null, Always, Long);
        Assert.Contains(replies, static r => r.Status == 200 && r.Headers.Contains("Transfer-Encoding: chunked"));

        Assert.Equal("ok", (await api.GetAsync("/health")).Json.GetProperty("status").GetString());
        string id = ApiFixture.NewSession();
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"x"}""")).Succeeded();
    }

    [Theory]
    [InlineData("ann")]
    [InlineData("operator")]
    [InlineData(null)]
    public async Task Nor_where_requests_need_a_key(string? who)
    {
        await using var simulated = new SimulatedFixture();
        SessionStorage storage = await simulated.NewStorageAsync();
        var keys = new KeyStore(storage.Container, TimeProvider.System);
        string ann = (await keys.AddAsync("acme", "ann", Cancelled)).Text;
        string root = (await keys.AddAsync(null, null, Cancelled)).Text;
        var limits = new HttpLimits { RequestsPerSecond = 10_000, Burst = 10_000, UnauthenticatedRequestsPerSecond = 10_000 };
        await using ApiHost host = await ApiHost.StartAsync(storage, keyTime: TimeProvider.System, limits: limits);

        List<RawReply> replies = await RunAsync(
            host, who switch { "ann" => ann, null => null, _ => root }, AlwaysWithKeys, Long / 10);

        // What an operator may ask for has no envelope, or starts digests.
        Assert.Equal(who != "ann", !replies.Exists(static r =>
            r.Body.Contains("""{"status":"ok","result":""", StringComparison.Ordinal)
            && !r.Body.Contains("""{"sessions_started":""", StringComparison.Ordinal)));
        (await host.SendAsync("/api/v1/system/status", ann)).Succeeded();
    }

    private static async Task<List<RawReply>> RunAsync(ApiHost host, string? key, int always, TimeSpan atMost)
    {
        Gen<FuzzRequest> requests = Requests.Of(host.Routes
            .Where(static r => r.RoutePattern.RawText != "/bug")
            .Select(static r => (r.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0], r.RoutePattern.RawText!)));
        var replies = new List<RawReply>();
        var random = new PCG(1, 20_260_131);
        for (int count = 0; count < always; count++)
        {
            replies.Add(await SendAsync(host, key, requests, random, count));
        }

        if (Environment.GetEnvironmentVariable("DURABLE_SESSIONS_TESTS") == "long")
        {
            random = new PCG(2);
            var watch = Stopwatch.StartNew();
            for (int count = 0; watch.Elapsed < atMost; count++)
            {
                await SendAsync(host, key, requests, random, count);
            }
        }

        return replies;
    }

    private static async Task<RawReply> SendAsync(ApiHost host, string? key, Gen<FuzzRequest> requests, PCG random, int count)
    {
        FuzzRequest request = requests.Generate(random, null, out _);
        RawReply reply = await RawClient.SendAsync(host.Client.BaseAddress!, request.Head(key), request.Body);
        string? wrong = Answers.Wrong(request, reply);
        Assert.True(wrong is null, $"""
            {wrong}: {reply.Status} {string.Join(" | ", reply.Headers)} {reply.Body}
            to request {count} of {random}:
            {request}
            """);
        return reply;
    }
}
