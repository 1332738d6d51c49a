using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using DurableSessions.Http.Keys;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Browser;

/// <summary>A server with one session, and a client that is no browser, to see what pages have done to it.</summary>
internal sealed class Victim : IAsyncDisposable
{
    /// <summary>The message of the session.</summary>
    public const string Message = "What no page may read.";

    private readonly ServerProcess _server;

    private Victim(ServerProcess server) => _server = server;

    /// <summary>Where it serves, such as <c>http://127.0.0.1:1933</c>.</summary>
    public string Address => _server.Address.GetLeftPart(UriPartial.Authority);

    public int Port => _server.Address.Port;

    /// <summary>Starts a server in dev mode, or one that has a key.</summary>
    public static async Task<Victim> StartAsync(AzuriteFixture azurite, bool withKey)
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        string? key = withKey
            ? (await new KeyStore(container, TimeProvider.System)
                .AddAsync("default", "default", TestContext.Current.CancellationToken)).Text
            : null;
        ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = container.Name,
            ["Auth__Mode"] = withKey ? "keys" : "dev",
        });
        if (key is not null)
        {
            server.Client.DefaultRequestHeaders.Add("X-API-Key", key);
        }

        using HttpResponseMessage appended = await server.Client.PostAsJsonAsync(
            "api/v1/sessions/victim/messages",
            new JsonObject { ["role"] = "user", ["content"] = Message },
            TestContext.Current.CancellationToken);
        appended.EnsureSuccessStatusCode();
        return new Victim(server);
    }

    /// <summary>All sessions, the messages and the archives of the one, and all tasks, as the API shows them.</summary>
    public async Task<string> StateAsync()
    {
        string[] paths = ["sessions", "sessions/victim", "sessions/victim/context", "tasks"];
        return string.Join('\n', await Task.WhenAll(paths.Select(
            path => _server.Client.GetStringAsync($"api/v1/{path}", TestContext.Current.CancellationToken))));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
