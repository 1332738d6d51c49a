using System.Net;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>A read-only key opens what reads, and nothing else.</summary>
public sealed class KeyScopeTests
{
    private const string Scope = "The scope of this key is read-only; this route changes something.";

    private readonly FakeTimeProvider _time = new();
    private readonly SimulatedStorage _storage = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static readonly string[] s_reading =
    [
        "POST /api/v1/system/wait", "POST /api/v1/search/find", "POST /api/v1/search/search", "POST /api/v1/search/recall",
        "POST /api/v1/search/grep", "POST /mcp/",
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_route_that_does_not_say_that_it_reads_is_closed(bool isOperator)
    {
        SessionStorage storage = await NewContainerAsync();
        string key = (await Store(storage).AddAsync(
            isOperator ? new NewKey(null, null) { IsReadOnly = true } : new NewKey("acme", "ann") { IsReadOnly = true }, Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        var closed = new List<string>();
        foreach (RouteEndpoint route in host.Routes)
        {
            string method = route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0];
            string path = route.RoutePattern.RawText!
                .Replace("{archive_id}", "archive_001", StringComparison.Ordinal)
                .Replace("{category}", "events", StringComparison.Ordinal)
                .Replace("{", "", StringComparison.Ordinal)
                .Replace("}", "", StringComparison.Ordinal);
            if (method == "GET")
            {
                continue;
            }

            Reply reply = await host.SendAsync(path, key, new HttpMethod(method), "{}");
            if (reply.Status == HttpStatusCode.Forbidden && reply.Text == ErrorText.Of("PERMISSION_DENIED", Scope))
            {
                closed.Add($"{method} {path}");
            }
            else
            {
                Assert.Contains($"{method} {path}", s_reading);

                // A search for nothing does not fit; nor does what is no message of a protocol.
                HttpStatusCode opened = path.EndsWith("/wait", StringComparison.Ordinal) ? HttpStatusCode.OK : HttpStatusCode.BadRequest;
                Assert.Equal(isOperator ? HttpStatusCode.Forbidden : opened, reply.Status);
            }
        }

        Assert.Contains("POST /api/v1/sessions/", closed);
        Assert.Contains("DELETE /runtime/webhooks/durabletask/instances/instance_id", closed);
        Assert.InRange(closed.Count, 16, int.MaxValue);
    }

    [Fact]
    public async Task What_reads_is_open()
    {
        SessionStorage storage = await NewContainerAsync();
        string reads = (await Store(storage).AddAsync(new NewKey("acme", "ann") { IsReadOnly = true }, Cancelled)).Text;
        string writes = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Text;
        string looks = (await Store(storage).AddAsync(new NewKey(null, null) { IsReadOnly = true }, Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        (await host.SendAsync("/api/v1/sessions/s/messages", writes, HttpMethod.Post, """{"role":"user","content":"x"}""")).Succeeded();

        (await host.SendAsync("/api/v1/sessions", reads)).Succeeded();
        (await host.SendAsync("/api/v1/sessions/s/context", reads)).Succeeded();
        (await host.SendAsync("/api/v1/sessions/s?auto_create=true", reads)).Succeeded();
        (await host.SendAsync("/api/v1/system/wait", reads, HttpMethod.Post)).Succeeded();
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync("/runtime/webhooks/durabletask/instances/", looks)).Status);
    }

    [Fact]
    public async Task A_look_at_a_session_that_does_not_exist_creates_none()
    {
        SessionStorage storage = await NewContainerAsync();
        string reads = (await Store(storage).AddAsync(new NewKey("acme", "ann") { IsReadOnly = true }, Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);

        Reply reply = await host.SendAsync("/api/v1/sessions/s?auto_create=true", reads);

        Assert.Equal(HttpStatusCode.Forbidden, reply.Status);
        Assert.Equal("PERMISSION_DENIED", reply.Error.GetProperty("code").GetString());
        Assert.Contains("read-only", reply.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync("/api/v1/sessions/s", reads)).Status);
        Assert.Equal("[]", (await host.SendAsync("/api/v1/sessions", reads)).ResultText());
    }

    private KeyStore Store(SessionStorage storage) => new(storage.Container, _time);

    private async Task<SessionStorage> NewContainerAsync()
    {
        SessionStorage storage = _storage.Connect("keys");
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        return storage;
    }
}
