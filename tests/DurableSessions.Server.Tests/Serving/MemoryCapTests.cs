using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>A server with a heap of 512 MB, and one tenant that wants all of it. Another tenant is served.</summary>
public sealed class MemoryCapTests(AzuriteFixture azurite) : IAsyncDisposable
{
    private const int Megabyte = 1024 * 1024;
    private const int Slow = 100;

    private readonly List<TcpClient> _connections = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bombs_slow_senders_and_slow_readers_leave_another_tenant_alone()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        var keys = new KeyStore(storage.Container, TimeProvider.System);
        string greedy = (await keys.AddAsync("acme", "ann", Cancelled)).Text;
        string other = (await keys.AddAsync("acme", "bob", Cancelled)).Text;
        await StoreAsync(storage);
        await using ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = storage.Container.Name,
            ["DOTNET_GCHeapHardLimit"] = "20000000",
        });
        await AppendedAsync(server, other, "before");

        Task bombs = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => BombAsync(server, greedy)));
        await Task.WhenAll(Enumerable.Range(0, Slow).Select(_ => SendSlowlyAsync(server, greedy)));
        await Task.WhenAll(Enumerable.Range(0, Slow).Select(i => ReadSlowlyAsync(server, greedy, i % 10 == 0 ? "bomb" : "large")));
        await AppendedAsync(server, other, "meanwhile");
        await bombs;
        await AppendedAsync(server, other, "after");
        using HttpResponseMessage context = await SendAsync(server, other, HttpMethod.Get, "/api/v1/sessions/s/context", null);
        string text = await context.Content.ReadAsStringAsync(Cancelled);
        Assert.All((string[])["before", "meanwhile", "after"], said => Assert.Contains($"\"{said}\"", text, StringComparison.Ordinal));
        Assert.DoesNotContain("OutOfMemory", server.Output + server.Errors, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync()
    {
        _connections.ForEach(static connection => connection.Dispose());
        return ValueTask.CompletedTask;
    }

    // What a request cannot bring any more, and a large conversation.
    private static async Task StoreAsync(SessionStorage storage)
    {
        await using ServiceProvider services = new ServiceCollection().AddHost(storage, new FakeProcessor()).BuildServiceProvider();
        SessionStore store = services.GetRequiredService<SessionStore>();
        byte[] bomb = Encoding.UTF8.GetBytes($"[{{}}{string.Concat(Enumerable.Repeat(",{}", 3 * Megabyte / 2))}]");
        byte[] large = Encoding.UTF8.GetBytes($$"""[{"type":"text","text":"{{new string('x', 2 * Megabyte)}}"}]""");
        SessionKey Key(string id) => new UserKey("acme", "ann").Session(id);
        await store.Sessions.AppendAsync(Key("bomb"), [new NewMessage { Role = "user", Parts = bomb }], null, Cancelled);
        for (int i = 0; i < 8; i++)
        {
            await store.Sessions.AppendAsync(Key("large"), [new NewMessage { Role = "user", Parts = large }], null, Cancelled);
        }
    }

    private static async Task BombAsync(ServerProcess server, string key)
    {
        string body = $"{{\"role\":\"user\",\"content\":\"x\",\"a\":[0{string.Concat(Enumerable.Repeat(",0", 15 * Megabyte))}]}}";
        using HttpResponseMessage answer = await SendAsync(server, key, HttpMethod.Post, "/api/v1/sessions/s/messages", body);
        Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.BadRequest, HttpStatusCode.ServiceUnavailable]);
    }

    private async Task SendSlowlyAsync(ServerProcess server, string key)
    {
        NetworkStream stream = await ConnectAsync(
            server, $"POST /api/v1/sessions/s/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {32 * Megabyte}\r\n\r\n");
        await stream.WriteAsync(new byte[64 * 1024], Cancelled);
    }

    private async Task ReadSlowlyAsync(ServerProcess server, string key, string session) => await ConnectAsync(
        server,
        $"GET /api/v1/sessions/{session}/context?token_budget=10000000 HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n\r\n");

    private async Task<NetworkStream> ConnectAsync(ServerProcess server, string head)
    {
        var tcp = new TcpClient { ReceiveBufferSize = 4 * 1024 };
        lock (_connections)
        {
            _connections.Add(tcp);
        }

        await tcp.ConnectAsync(server.Address.Host, server.Address.Port, Cancelled);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Cancelled);
        return tcp.GetStream();
    }

    private static async Task AppendedAsync(ServerProcess server, string key, string text)
    {
        var watch = Stopwatch.StartNew();
        using HttpResponseMessage answer = await SendAsync(
            server, key, HttpMethod.Post, "/api/v1/sessions/s/messages", $$"""{"role":"user","content":"{{text}}"}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }

    private static async Task<HttpResponseMessage> SendAsync(
        ServerProcess server, string key, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-API-Key", key);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return await server.Client.SendAsync(request, Cancelled);
    }
}
