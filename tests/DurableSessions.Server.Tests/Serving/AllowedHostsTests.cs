using System.Net;
using Azure.Storage.Blobs;
using DurableSessions.Http.Keys;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>The names under which a server answers, by ASP.NET Core's setting <c>AllowedHosts</c>.</summary>
public sealed class AllowedHostsTests(AzuriteFixture azurite)
{
    private static readonly string[] s_paths = ["/api/v1/sessions", "/health", "/ready", "/docs/", "/openapi/v1.json", "/nothing"];

    [Fact]
    public async Task Another_host_is_refused_in_the_envelope_on_every_path()
    {
        (Dictionary<string, string> environment, string key) = await WithKeyAsync();
        environment["AllowedHosts"] = "api.example;*.sessions.example";
        await using ServerProcess server = await ServerProcess.StartAsync(environment);
        foreach (string path in s_paths)
        {
            using HttpResponseMessage refused = await SendAsync(server, path, "elsewhere.example", key);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Equal(
                """
                {"status":"error","error":{"code":"INVALID_ARGUMENT","message":"header.Host: is not in the setting AllowedHosts.",
                "details":{"validation_errors":[
                {"loc":["header","Host"],"message":"is not in the setting AllowedHosts.","type":"value_error"}]}}}
                """.ReplaceLineEndings(""),
                await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal("application/json", refused.Content.Headers.ContentType?.ToString());
            Assert.Equal("nosniff", Assert.Single(refused.Headers.GetValues("X-Content-Type-Options")));
            Assert.Single(refused.Headers.GetValues("X-Request-ID"));
        }

        foreach (string host in (string[])["api.example", "API.example:1933", "eu.sessions.example"])
        {
            using HttpResponseMessage answered = await SendAsync(server, "/api/v1/sessions", host, key);
            Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
            Assert.Equal("a.b-1", Assert.Single(answered.Headers.GetValues("X-Request-ID")));
        }
    }

    [Fact]
    public async Task Every_host_is_answered_with_a_key_unless_it_is_set()
    {
        (Dictionary<string, string> environment, string key) = await WithKeyAsync();
        await using ServerProcess server = await ServerProcess.StartAsync(environment);
        using HttpResponseMessage answered = await SendAsync(server, "/api/v1/sessions", "elsewhere.example", key);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Fact]
    public async Task Without_keys_another_host_is_refused_whatever_is_set()
    {
        Dictionary<string, string> environment = await EnvironmentAsync();
        environment["AllowedHosts"] = "*";
        environment["Auth__Mode"] = "dev";
        environment["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
        await using ServerProcess server = await ServerProcess.StartAsync(environment);
        foreach (string path in s_paths)
        {
            using HttpResponseMessage refused = await SendAsync(server, path, "elsewhere.example", null);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

            // ASP.NET Core applies this header here, and takes it away.
            using HttpResponseMessage forwarded = await SendAsync(server, path, "localhost", null, ("X-Forwarded-For", "192.0.2.1"));
            Assert.Equal(HttpStatusCode.Forbidden, forwarded.StatusCode);
            using HttpResponseMessage local = await SendAsync(server, path, "localhost", null);
            Assert.Equal(path == "/nothing" ? HttpStatusCode.NotFound : HttpStatusCode.OK, local.StatusCode);
        }
    }

    private async Task<Dictionary<string, string>> EnvironmentAsync() => new()
    {
        ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
        ["Storage__Container"] = (await azurite.NewContainerAsync()).Name,
    };

    private async Task<(Dictionary<string, string> Environment, string Key)> WithKeyAsync()
    {
        Dictionary<string, string> environment = await EnvironmentAsync();
        BlobContainerClient container = (await azurite.ConnectAsync(environment["Storage__Container"])).Container;
        (string key, _) = await new KeyStore(container, TimeProvider.System)
            .AddAsync("default", "default", TestContext.Current.CancellationToken);
        return (environment, key);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        ServerProcess server, string path, string host, string? key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = host;
        foreach ((string name, string value) in headers.Append(("X-Request-ID", "a.b-1")))
        {
            request.Headers.Add(name, value);
        }

        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        return await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
