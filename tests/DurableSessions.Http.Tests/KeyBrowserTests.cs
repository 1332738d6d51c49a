using System.Net;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.BadInput;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>
/// What a server with keys answers to browsers: they attach no key by themselves, and a GET on behalf of a page writes nothing.
/// </summary>
public sealed class KeyBrowserTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_on_another_page_has_no_key_and_creates_nothing()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        string key = await AddKeyAsync(storage);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: TimeProvider.System);
        Uri address = host.Client.BaseAddress!;

        string head = BrowserRequest.Image(address.Authority, "/api/v1/sessions/mine?auto_create=true");
        Assert.Equal(401, (await RawClient.SendAsync(address, head, [])).Status);
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync(host, "/api/v1/sessions/mine", key));
    }

    [Theory]
    [InlineData("cross-site", BrowserRequest.Elsewhere, "Sec-Fetch-Site")]
    [InlineData("same-site", "http://localhost:3000", "Sec-Fetch-Site")]
    [InlineData(null, BrowserRequest.Elsewhere, "Origin")]
    [InlineData(null, "null", "Origin")]
    public async Task A_GET_of_another_page_creates_nothing_with_a_key_either(string? site, string origin, string header)
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        string key = await AddKeyAsync(storage);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: TimeProvider.System);

        foreach (string text in (string[])["true", "1"])
        {
            string path = $"/api/v1/sessions/mine?auto_create={text}";
            string head = BrowserRequest.Get(host.Client.BaseAddress!.Authority, path, origin, site ?? "?")
                .Replace("\r\n\r\n", $"\r\nX-API-Key: {key}\r\n\r\n", StringComparison.Ordinal);
            head = site is null ? head.Replace("Sec-Fetch-Site: ?\r\n", "", StringComparison.Ordinal) : head;
            RawReply reply = await RawClient.SendAsync(host.Client.BaseAddress!, head, []);
            Assert.Equal(403, reply.Status);
            Assert.Contains(
                $"query.auto_create: a page of another site creates no session; the request's {header} says that it comes from one.",
                reply.Body,
                StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, await GetAsync(host, "/api/v1/sessions/mine", key));
    }

    [Fact]
    public async Task A_client_and_a_page_of_the_server_create_by_GET()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        string key = await AddKeyAsync(storage);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: TimeProvider.System);

        Assert.Equal(HttpStatusCode.OK, await GetAsync(host, "/api/v1/sessions/sdk?auto_create=true", key));
        string own = BrowserRequest.OwnGet(host.Client.BaseAddress!.Authority, "/api/v1/sessions/page?auto_create=true")
            .Replace("\r\n\r\n", $"\r\nX-API-Key: {key}\r\n\r\n", StringComparison.Ordinal);
        Assert.Equal(200, (await RawClient.SendAsync(host.Client.BaseAddress!, own, [])).Status);
        string look = BrowserRequest.Image(host.Client.BaseAddress!.Authority, "/api/v1/sessions/page?auto_create=false")
            .Replace("\r\n\r\n", $"\r\nX-API-Key: {key}\r\n\r\n", StringComparison.Ordinal);
        Assert.Equal(200, (await RawClient.SendAsync(host.Client.BaseAddress!, look, [])).Status);
    }

    private static async Task<string> AddKeyAsync(SessionStorage storage) =>
        (await new KeyStore(storage.Container, TimeProvider.System).AddAsync("acme", "ann", Cancelled)).Text;

    private static async Task<HttpStatusCode> GetAsync(ApiHost host, string path, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-API-Key", key);
        using HttpResponseMessage response = await host.Client.SendAsync(request, Cancelled);
        return response.StatusCode;
    }
}
