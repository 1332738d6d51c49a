using System.Text;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Documentation;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Tests.Hosting;

/// <summary>The API over a real server, a real store and a real engine.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiHost(WebApplication app, ScriptedProcessor processor)
    {
        _app = app;
        Processor = processor;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public ScriptedProcessor Processor { get; }

    /// <summary>The bodies in its memory.</summary>
    public BodyMemory Bodies => _app.Services.GetRequiredService<BodyMemory>();

    /// <summary>Its start and its stop.</summary>
    public IHostApplicationLifetime Lifetime => _app.Lifetime;

    /// <summary>The requests that wait.</summary>
    public OpenWaits Waits => _app.Services.GetRequiredService<OpenWaits>();

    /// <summary>What it serves.</summary>
    public IReadOnlyList<RouteEndpoint> Routes =>
        [.. _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    public OrchestrationClient Orchestrations => _app.Services.GetRequiredService<OrchestrationClient>();

    public StorageAudit Audit => _app.Services.GetRequiredService<StorageAudit>();

    public KeyRing Keys => _app.Services.GetRequiredService<KeyRing>();

    public KestrelServerOptions Kestrel => _app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;

    /// <param name="storage">Where everything is.</param>
    /// <param name="withEngine">Whether commits run.</param>
    /// <param name="keyTime">The clock of the keys; <see langword="null"/> for a host that knows no keys.</param>
    /// <param name="limits">What it takes from clients.</param>
    /// <param name="options">Bounds and times of the store.</param>
    /// <param name="log">Where it logs.</param>
    /// <param name="time">The clock of the audit log.</param>
    /// <param name="proxies">The proxies that it believes.</param>
    /// <param name="model">What is known of its model; <see langword="null"/>: it has none.</param>
    /// <param name="storeTime">The clock of all else.</param>
    /// <param name="orchestrations">What is called in place of the engine; <see langword="null"/>: the engine.</param>
    public static async Task<ApiHost> StartAsync(
        SessionStorage storage, bool withEngine = true, TimeProvider? keyTime = null,
        HttpLimits? limits = null, Core.Configuration.SessionOptions? options = null, HostLog? log = null, TimeProvider? time = null,
        ProxySettings? proxies = null, IModelStatus? model = null, TimeProvider? storeTime = null,
        OrchestrationClient? orchestrations = null)
    {
        var processor = new ScriptedProcessor();
        var fallback = new ScriptedProcessor();
        fallback.Release();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.WebHost.ConfigureKestrel(static server => server.ApplyDurableSessionsLimits());
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddHost(storage, processor, fallback, options, time: storeTime);
        if (model is not null)
        {
            builder.Services.AddSingleton(model);
        }

        if (orchestrations is not null)
        {
            builder.Services.AddSingleton(orchestrations);
        }

        if (!withEngine)
        {
            builder.Services.Remove(builder.Services.Last(static service => service.ServiceType == typeof(IHostedService)));
        }

        if (keyTime is not null)
        {
            builder.Services.AddApiKeys();
            builder.Services.AddSingleton(provider => new KeyRing(
                new KeyStore(storage.Container, keyTime), keyTime, audit: provider.GetRequiredService<KeyAudit>()));
        }

        if (time is not null)
        {
            builder.Services.AddSingleton(provider => new RequestAudit(
                provider.GetRequiredService<ILoggerFactory>(), provider.GetRequiredService<ICallerSource>(), time));
        }

        builder.Services.AddDurableSessionsHttp(new DurableSessionsHttpOptions { Version = "1.2.3" });
        builder.Services.AddSingleton(Options.Create(limits ?? new HttpLimits()));
        builder.Services.AddSingleton(Options.Create(proxies ?? new ProxySettings()));
        builder.Services.AddApiDocumentation("1.2.3");
        WebApplication app = builder.Build();
        app.UseDurableSessionsHttp();
        app.MapDurableSessions();
        app.MapApiDocumentation();
        app.MapGet("/bug", static string () => throw new InvalidCastException("secret of the house")).ExcludeFromDescription();
        if (keyTime is not null)
        {
            await app.Services.GetRequiredService<KeyRing>().LoadAsync(CancellationToken.None);
        }

        await app.StartAsync();
        return new ApiHost(app, processor);
    }

    /// <summary>Sends a request with a key.</summary>
    public async Task<Reply> SendAsync(string path, string key, HttpMethod? method = null, string? json = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Add("X-API-Key", key);
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        return await SendAsync(request);
    }

    /// <summary>Sends a request, and reads what comes back.</summary>
    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers,
            response.Content.Headers.ContentType?.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Processor.Release();
        await _app.DisposeAsync();
    }
}
