using DurableSessions.Core;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using DurableSessions.Http.Documentation;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Orchestration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Http.Tests.Hosting;

/// <summary>The API over a real server, a real store and a real engine.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SessionStore _store;
    private readonly EmbeddedEngine _engine;

    private ApiHost(WebApplication app, SessionStore store, EmbeddedEngine engine, HeldProcessor processor)
    {
        _app = app;
        _store = store;
        _engine = engine;
        Processor = processor;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public HeldProcessor Processor { get; }

    /// <param name="storage">Where everything is.</param>
    /// <param name="withEngine">Whether commits run.</param>
    /// <param name="checkStorage">What <c>/ready</c> asks.</param>
    /// <param name="keyTime">The clock of the keys; <see langword="null"/> for a host that knows no keys.</param>
    /// <param name="limits">What it takes from clients.</param>
    /// <param name="options">Bounds and times of the store.</param>
    public static async Task<ApiHost> StartAsync(
        SessionStorage storage, bool withEngine = true, Func<CancellationToken, Task>? checkStorage = null, TimeProvider? keyTime = null,
        HttpLimits? limits = null, Core.Configuration.SessionOptions? options = null)
    {
        var processor = new HeldProcessor();
        EmbeddedEngine? engine = null;
        var store = new SessionStore(
            storage, new SemanticProcessors(processor, processor), () => engine!.Client, options ?? new Core.Configuration.SessionOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        engine = new EmbeddedEngine(
            storage.Container, storage.Unretried, store.Register(new OrchestrationRegistry()), new EngineOptions(), TimeProvider.System,
            NullLogger<EmbeddedEngine>.Instance);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.ApplyDurableSessionsLimits(limits ?? new HttpLimits()));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(store);
        KeyRing? keys = keyTime is null ? null : new KeyRing(new KeyStore(storage.Container, keyTime), keyTime);
        if (keys is not null)
        {
            await keys.LoadAsync(CancellationToken.None);
            builder.Services.AddApiKeys(keys);
        }

        builder.Services.AddDurableSessionsHttp(new DurableSessionsHttpOptions
        {
            Version = "1.2.3",
            Limits = limits ?? new HttpLimits(),
            CheckStorage = checkStorage ?? (async token => await storage.Container.ExistsAsync(token)),
            Orchestrations = () => engine.Client,
            CheckEngine = static _ => Task.CompletedTask,
        });
        builder.Services.AddApiDocumentation("1.2.3");
        WebApplication app = builder.Build();
        app.UseDurableSessionsHttp();
        app.MapDurableSessions();
        app.MapApiDocumentation();
        app.MapGet("/bug", static string () => throw new InvalidCastException("secret of the house")).ExcludeFromDescription();
        await app.StartAsync();
        if (withEngine)
        {
            await engine.StartAsync(CancellationToken.None);
        }

        return new ApiHost(app, store, engine, processor);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Processor.Release();
        await _app.DisposeAsync();
        await _engine.StopAsync(CancellationToken.None);
        await _engine.DisposeAsync();
        _store.Dispose();
    }
}
