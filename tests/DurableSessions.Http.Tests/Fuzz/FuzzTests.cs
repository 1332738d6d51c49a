using System.Diagnostics;
using System.Text.Json;
using CsCheck;
using DurableSessions.Http.Tests.BadInput;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests.Fuzz;

/// <summary>
/// For every request, what goes out is an envelope (or what a route has instead), and never a 500. The same requests each time; with
/// <c>DURABLE_SESSIONS_TESTS=long</c> others besides, for ten minutes.
/// </summary>
public sealed class FuzzTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const int Always = 2_000;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Nothing_that_comes_in_is_a_bug()
    {
        await RunAsync(new PCG(1, 20_260_131), static (count, _) => count < Always);
        if (Environment.GetEnvironmentVariable("DURABLE_SESSIONS_TESTS") == "long")
        {
            await RunAsync(new PCG(2), static (_, watch) => watch.Elapsed < Long);
        }

        Assert.Equal("ok", (await api.GetAsync("/health")).Json.GetProperty("status").GetString());
        string id = ApiFixture.NewSession();
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"x"}""")).Succeeded();
    }

    private async Task RunAsync(PCG random, Func<int, Stopwatch, bool> goesOn)
    {
        var watch = Stopwatch.StartNew();
        for (int count = 0; goesOn(count, watch); count++)
        {
            FuzzRequest request = Requests.All.Generate(random, null, out _);
            RawReply reply = await RawClient.SendAsync(api.Address, request.Head(), request.Body);
            Assert.True(IsFine(reply), $"""
                {reply.Status} {string.Join(" | ", reply.Headers)} {reply.Body}
                to request {count} of {random}:
                {request}
                """);
        }
    }

    private static bool IsFine(RawReply reply)
    {
        // The server itself refuses what is no HTTP, with a status alone.
        if (reply.Status is 202 or 302 or 400 && reply.Body.Length == 0)
        {
            return true;
        }

        if (reply.Status is 500 || !reply.Headers.Contains("Content-Type: application/json"))
        {
            return false;
        }

        try
        {
            JsonElement answer = JsonDocument.Parse(reply.Body).RootElement;
            return reply.Status < 400
                || answer.GetProperty("error").EnumerateObject().Select(static p => p.Name).SequenceEqual(["code", "message", "details"]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return reply.Headers.Contains("Transfer-Encoding: chunked") && reply.Status == 200;
        }
    }
}
