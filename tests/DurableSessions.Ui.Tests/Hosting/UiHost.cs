using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Http;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;

namespace DurableSessions.Ui.Tests.Hosting;

/// <summary>The API and the pages over a real server, a real store and a real engine, on simulated storage.</summary>
internal sealed class UiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private UiHost(WebApplication app, RequestLog requests)
    {
        _app = app;
        Requests = requests;
        Address = new Uri(app.Urls.Single());
    }

    public Uri Address { get; }

    /// <summary>What it has asked storage for.</summary>
    public RequestLog Requests { get; }

    public OrchestrationClient Client => _app.Services.GetRequiredService<OrchestrationClient>();

    /// <summary>The addresses below <c>/ui</c> that take forms.</summary>
    public IReadOnlyList<string> Forms =>
    [
        .. _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("POST") == true)
            .Select(static e => "/" + e.RoutePattern.RawText!.Trim('/'))
            .Where(static path => path.StartsWith("/ui/", StringComparison.Ordinal)),
    ];

    public SessionStore Store => _app.Services.GetRequiredService<SessionStore>();

    public static async Task<UiHost> StartAsync(
        StorageFixture storage,
        string container,
        bool withEngine = true,
        ISemanticProcessor? processor = null,
        SessionOptions? options = null,
        HttpLimits? limits = null,
        FaultTransport? faults = null)
    {
        var requests = new RequestLog();
        SessionStorage connected = await storage.ConnectAsync(container, client =>
        {
            faults?.Configure(client);
            requests.Configure(client);
        });
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static server => server.ApplyDurableSessionsLimits());
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddHost(connected, processor ?? new RememberingProcessor(), options: options);
        if (!withEngine)
        {
            builder.Services.Remove(builder.Services.Last(static s => s.ServiceType == typeof(IHostedService)));
        }

        builder.Services.AddApiKeys();
        builder.Services.AddDurableSessionsHttp(new DurableSessionsHttpOptions { Version = "1.2.3" });
        builder.Services.AddSingleton(Options.Create(
            limits ?? new HttpLimits { UnauthenticatedRequestsPerSecond = 100_000, RequestsPerSecond = 100_000, Burst = 100_000 }));
        builder.Services.AddUi();
        WebApplication app = builder.Build();
        app.UseDurableSessionsHttp();
        app.MapDurableSessions();
        app.MapUi();
        await app.Services.GetRequiredService<KeyRing>().LoadAsync(CancellationToken.None);
        await app.StartAsync();
        return new UiHost(app, requests);
    }

    /// <summary>Appends messages, each a role and a text.</summary>
    public Task AppendAsync(SessionKey key, params (string Role, string Text)[] messages) => Store.Sessions.AppendAsync(
        key,
        [
            .. messages.Select(static m => new NewMessage
            {
                Role = m.Role,
                Parts = JsonSerializer.SerializeToUtf8Bytes(new[] { new { type = "text", text = m.Text } }),
            }),
        ],
        idempotencyKey: null,
        TestContext.Current.CancellationToken);

    /// <summary>Appends a message with the call of a tool.</summary>
    public Task AppendToolAsync(SessionKey key) => Store.Sessions.AppendAsync(
        key,
        [
            new NewMessage
            {
                Role = "assistant",
                Parts = JsonSerializer.SerializeToUtf8Bytes(new object[]
                {
                    new { type = "text", text = "I read the log of the export." },
                    new
                    {
                        type = "tool",
                        tool_id = "call-1",
                        tool_name = "read_file",
                        tool_input = new { path = "/var/log/export.log" },
                        tool_output = "12:00 export started\n12:01 export done",
                        tool_status = "completed",
                    },
                }),
            },
        ],
        idempotencyKey: null,
        TestContext.Current.CancellationToken);

    /// <summary>Commits a session, and waits for the end.</summary>
    public async Task CommitAsync(SessionKey key)
    {
        CancellationToken ends = TestContext.Current.CancellationToken;
        Core.Tasks.CommitAnswer answer = await Store.Commits.CommitAsync(key, new Core.Tasks.CommitRequest(), ends);
        await Store.Tasks.WaitAsync(key.Owner, answer.Task!.TaskId, ends);
    }

    /// <summary>A browser as far as HTTP goes: cookies, no redirects by itself.</summary>
    public Visitor Visit() => new(Address);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
