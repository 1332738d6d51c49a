using System.Net;
using System.Text.Json;
using DurableSessions.Http.Tests.BadInput;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

/// <summary>What a server without keys answers to the browsers and the proxies of its machine.</summary>
public sealed class DevBrowserTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string NoPage = "a server without keys answers no page of another site.";
    private const string NoProxy =
        "a server without keys answers no request that a proxy has forwarded; make a key with the server's command 'keys add'.";

    private const string NoName =
        "a server without keys is localhost, 127.0.0.1 or [::1]; to reach it under another name, "
        + "make a key with the server's command 'keys add'.";

    /// <summary>One path of each kind: routes, probes, documentation, and none.</summary>
    public static TheoryData<string> Paths { get; } =
    [
        "/api/v1/sessions", "/api/v1/memories", "/api/v1/tasks", "/api/v1/system/status", "/runtime/webhooks/durabletask/instances",
        "/health", "/ready", "/openapi/v1.json", "/docs/", "/docs/scalar.js", "/nothing",
    ];

    private string Host => api.Address.Authority;

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_page_that_points_its_name_at_this_machine_reads_nothing(string path) => AssertRefused(
        "Host", NoName, await SendAsync(BrowserRequest.Rebound($"elsewhere.example:{api.Address.Port}", path)));

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_page_of_another_site_is_answered_nothing(string path)
    {
        AssertRefused("Sec-Fetch-Site", NoPage, await SendAsync(BrowserRequest.Image(Host, path)));
        AssertRefused(
            "Sec-Fetch-Site", NoPage, await SendAsync(BrowserRequest.Get(Host, path, "http://localhost:3000", "same-site")));
        AssertRefused("Sec-Fetch-Site", NoPage, await SendAsync(BrowserRequest.Navigate(Host, path, "cross-site")));
    }

    [Theory]
    [InlineData("127.0.0.1.elsewhere.example")]
    [InlineData("localhost.elsewhere.example")]
    [InlineData("localhost.")]
    [InlineData("10.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("[::2]")]
    [InlineData("[::ffff:10.0.0.1]")]
    [InlineData("")]
    public async Task Another_host_is_refused(string host) =>
        AssertRefused("Host", NoName, await SendAsync($"GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:1")]
    [InlineData("127.0.0.1:65535")]
    [InlineData("127.0.0.2")]
    [InlineData("[::1]:1933")]
    public async Task This_machine_is_answered_under_any_port(string host) =>
        Assert.Equal(200, (await SendAsync($"GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).Status);

    [Theory]
    [InlineData("https://elsewhere.example")]
    [InlineData("null")]
    [InlineData("http://localhost:3000")]
    [InlineData("http://{host}.elsewhere.example")]
    [InlineData("https://{host}")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://{host}, http://{host}")]
    [InlineData("")]
    public async Task A_page_of_another_origin_commits_nothing(string origin)
    {
        string id = ApiFixture.NewSession();
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"x"}""")).Succeeded();
        string own = origin.Replace("{host}", Host, StringComparison.Ordinal);

        // A browser without Sec-Fetch-Site says no more than this.
        string head = BrowserRequest.Post(Host, $"/api/v1/sessions/{id}/commit", own);
        AssertRefused("Sec-Fetch-Site", NoPage, await SendAsync(head));
        string old = string.Join("\r\n", head.Split("\r\n").Where(static l => !l.StartsWith("Sec-Fetch", StringComparison.Ordinal)));
        AssertRefused("Origin", NoPage, await SendAsync(old));
        Assert.Equal("[]", (await api.GetAsync($"/api/v1/sessions/{id}/archives")).ResultText());
    }

    [Fact]
    public async Task A_picture_on_another_page_creates_no_session()
    {
        string id = ApiFixture.NewSession();
        AssertRefused(
            "Sec-Fetch-Site", NoPage, await SendAsync(BrowserRequest.Image(Host, $"/api/v1/sessions/{id}?auto_create=true")));
        Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync($"/api/v1/sessions/{id}")).Status);
    }

    [Fact]
    public async Task The_page_of_the_documentation_may_ask_and_change()
    {
        Assert.Equal(200, (await SendAsync(BrowserRequest.Navigate(Host, "/docs/", "none"))).Status);
        Assert.Equal(200, (await SendAsync(BrowserRequest.OwnGet(Host, "/openapi/v1.json"))).Status);
        RawReply created = await SendAsync(BrowserRequest.Post(Host, "/api/v1/sessions", $"http://{Host}", "same-origin", "cors"));
        Assert.Equal(200, created.Status);
    }

    [Theory]
    [InlineData("Forwarded", "for=192.0.2.1;host=elsewhere.example;proto=https")]
    [InlineData("X-Forwarded-For", "192.0.2.1")]
    [InlineData("X-Forwarded-Host", "elsewhere.example")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Original-For", "127.0.0.1:4000")]
    [InlineData("X-Original-Host", "elsewhere.example")]
    [InlineData("X-Original-Proto", "http")]
    public async Task A_request_that_a_proxy_has_forwarded_is_refused(string header, string value)
    {
        foreach (string path in (string[])["/api/v1/sessions", "/health", "/ready"])
        {
            Reply reply = await api.GetAsync(path, (header, value));
            Assert.Equal(HttpStatusCode.Forbidden, reply.Status);
            Assert.Equal($"header.{header}: {NoProxy}", reply.Error.GetProperty("message").GetString());
        }
    }

    [Theory]
    [InlineData("X-API-Key", "x")]
    [InlineData("Authorization", "Bearer x")]
    [InlineData("Authorization", "Basic eDp5")]
    public async Task A_credential_that_opens_nothing_is_refused(string header, string value)
    {
        foreach (string path in (string[])["/api/v1/sessions", "/health", "/ready", "/runtime/webhooks/durabletask/instances"])
        {
            Reply reply = await api.GetAsync(path, (header, value));
            Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
            Assert.Equal(
                ErrorText.Of(
                    "UNAUTHENTICATED",
                    $"header.{header}: this server has no keys, so that every local client may do everything; "
                    + "make a key with the server's command 'keys add', or send none."),
                reply.Text);
        }
    }

    [Theory]
    [InlineData("X-API-Key: ")]
    [InlineData("Authorization: Bearer ")]
    public async Task An_empty_credential_is_none(string header) => Assert.Equal(
        200, (await SendAsync($"GET /api/v1/system/status HTTP/1.1\r\nHost: {Host}\r\n{header}\r\nConnection: close\r\n\r\n")).Status);

    [Fact]
    public async Task A_body_of_a_refused_request_is_not_waited_for()
    {
        string head =
            $"POST /api/v1/sessions/s/messages HTTP/1.1\r\nHost: elsewhere.example\r\nContent-Type: application/json\r\n"
            + "Content-Length: 1000000\r\n\r\n";
        AssertRefused("Host", NoName, await SendAsync(head));
    }

    private Task<RawReply> SendAsync(string head) => RawClient.SendAsync(api.Address, head, []);

    private static void AssertRefused(string header, string message, RawReply reply)
    {
        Assert.Equal(403, reply.Status);
        JsonElement error = JsonDocument.Parse(reply.Body).RootElement.GetProperty("error");
        Assert.Equal("PERMISSION_DENIED", error.GetProperty("code").GetString());
        Assert.Equal($"header.{header}: {message}", error.GetProperty("message").GetString());
    }
}
