using System.Globalization;
using System.Net;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

public sealed class EnvelopeTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Health_has_no_envelope()
    {
        Reply reply = await api.GetAsync("/health", ("X-Request-ID", "a.b_c:d-1"));
        Assert.Equal("""{"status":"ok","healthy":true,"version":"1.2.3","auth_mode":"dev"}""", reply.Text);
        Assert.Equal("a.b_c:d-1", reply.Header("X-Request-ID"));
    }

    [Fact]
    public async Task Ready_says_what_answers() =>
        Assert.Equal("""{"status":"ready","checks":{"storage":"ok","engine":"ok"}}""", (await api.GetAsync("/ready")).Text);

    [Fact]
    public async Task The_system_status_tells_the_user() =>
        Assert.Equal(
            """{"initialized":true,"user":"ann","account":"default"}""",
            (await api.GetAsync("/api/v1/system/status", ("X-OpenViking-User", "ann"))).ResultText());

    [Fact]
    public async Task Every_answer_has_an_id_and_a_time()
    {
        Reply reply = await api.GetAsync("/api/v1/sessions");
        Assert.Matches("^[A-Za-z0-9._:-]{1,128}$", reply.Header("X-Request-ID"));
        Assert.InRange(double.Parse(reply.Header("X-Process-Time"), CultureInfo.InvariantCulture), 0.000001, 60);
    }

    [Theory]
    [InlineData("/health", "no-store")]
    [InlineData("/ready", "no-store")]
    [InlineData("/api/v1/sessions", "no-store")]
    [InlineData("/api/v1/nothing", "no-store")]
    [InlineData("/bug", "no-store")]
    [InlineData("/openapi/v1.json", "no-store")]
    [InlineData("/docs/", "no-store")]
    [InlineData("/docs/scalar.js", "no-cache")]
    public async Task Every_answer_says_what_a_browser_and_a_cache_may_do_with_it(string path, string cached)
    {
        foreach ((string, string)[] headers in ((string, string)[][])[[], [("X-API-Key", "x")], [("X-Request-ID", "a b")]])
        {
            Reply reply = await api.GetAsync(path, headers);
            Assert.Equal("nosniff", reply.Header("X-Content-Type-Options"));
            Assert.Equal(headers.Length == 0 ? cached : "no-store", reply.Header("Cache-Control"));
            Assert.Superset(
                new HashSet<string>(
                    ["X-API-Key", "Authorization", "X-OpenViking-Account", "X-OpenViking-User", "Origin", "Sec-Fetch-Site"]),
                reply.Headers.GetValues("Vary").SelectMany(static v => v.Split(", ")).ToHashSet());
        }
    }

    [Fact]
    public async Task A_route_that_varies_by_more_says_so() =>
        Assert.Contains("Accept-Encoding", (await api.GetAsync("/docs/scalar.js")).Headers.GetValues("Vary"));

    [Fact]
    public async Task A_path_that_is_not_there_is_not_found_in_the_envelope()
    {
        Reply reply = await api.GetAsync("/api/v1/nothing");
        Assert.Equal(HttpStatusCode.NotFound, reply.Status);
        Assert.Equal("""{"status":"error","error":{"code":"NOT_FOUND","message":"There is no such path.","details":{}}}""", reply.Text);
        Assert.Equal("application/json", reply.ContentType);
    }

    [Fact]
    public async Task A_wrong_method_is_unknown()
    {
        Reply reply = await api.SendAsync(HttpMethod.Put, "/api/v1/sessions", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, reply.Status);
        Assert.Equal(
            """{"status":"error","error":{"code":"UNKNOWN","message":"PUT is not a method of this path.","details":{}}}""",
            reply.Text);
    }

    [Fact]
    public async Task A_bug_tells_an_id_and_nothing_else()
    {
        Reply reply = await api.GetAsync("/bug", ("X-Request-ID", "look-me-up"));
        Assert.Equal(HttpStatusCode.InternalServerError, reply.Status);
        Assert.Equal(
            """
            {"status":"error","error":{"code":"INTERNAL",
            "message":"This should not have happened; the log has it under look-me-up.",
            "details":{"request_id":"look-me-up"}}}
            """.ReplaceLineEndings(""),
            reply.Text);
    }

    [Fact]
    public async Task Storage_that_is_away_is_reported_with_a_time_to_come_back()
    {
        await using ApiHost host = await ApiHost.StartAsync(Away(), withEngine: false);
        using HttpResponseMessage response = await host.Client.GetAsync("/api/v1/sessions/s", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter?.Delta);
        Assert.Equal(
            """{"status":"error","error":{"code":"UNAVAILABLE","message":"Storage does not answer; try again.","details":{}}}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using HttpResponseMessage ready = await host.Client.GetAsync("/ready", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(
            """{"status":"not_ready","checks":{"storage":"unavailable","engine":"unavailable"}}""",
            await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    // No process listens on that port.
    private static SessionStorage Away() => SessionStorage.Connect(
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + "BlobEndpoint=http://127.0.0.1:9/devstoreaccount1;",
        "away",
        static options => options.Retry.MaxRetries = 1);
}
