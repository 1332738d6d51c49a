using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Endpoints;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Mcp;
using DurableSessions.Http.Orchestrations;
using DurableSessions.Http.Recall;
using DurableSessions.Orchestration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http;

/// <summary>The HTTP API, for any host that has a <see cref="Core.SessionStore"/> among its services.</summary>
public static class DurableSessionsHttp
{
    /// <summary>Concurrent requests on one connection of HTTP/2; one more is refused until another has ended.</summary>
    private const int MaxStreams = 50;

    /// <summary>
    /// Adds the services of the API. Requests are not authenticated (dev mode) unless the host adds its own <see cref="ICallerSource"/>
    /// before.
    /// </summary>
    /// <remarks>
    /// The <see cref="SessionStorage"/> and the <see cref="OrchestrationClient"/> among the services are asked for by the first request
    /// that needs them.
    /// </remarks>
    /// <returns>For the limits, which are checked when the host starts.</returns>
    public static OptionsBuilder<HttpLimits> AddDurableSessionsHttp(this IServiceCollection services, DurableSessionsHttpOptions options)
    {
        services.AddRouting();
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ICallerSource, DevCallerSource>();
        services.TryAddSingleton<BodyMemory>();
        services.TryAddSingleton<TrustedProxies>();
        services.TryAddSingleton<ConnectionLimit>();
        services.TryAddSingleton<Readiness>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ProxySettings>, ProxySettingsValidator>());
        services.AddOptions<ForwardedHeadersOptions>()
            .PostConfigure<TrustedProxies>(static (forwarded, proxies) => proxies.Configure(forwarded));
        services.TryAddSingleton<RequestAudit>();
        services.TryAddSingleton<RequestBuckets>();
        services.TryAddSingleton<RecentlyRecalled>();
        services.AddMcp(options.Version);
        services.TryAddSingleton<OpenWaits>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HttpLimits>, HttpLimitsValidator>());
        return services.AddOptions<HttpLimits>().ValidateOnStart();
    }

    /// <summary>
    /// Fills the limits from the section <c>Limits</c> of the host's configuration, and the proxies before it from <c>Proxies</c>.
    /// </summary>
    public static OptionsBuilder<HttpLimits> BindLimits(this OptionsBuilder<HttpLimits> limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        limits.Services.AddOptions<ProxySettings>().BindSettings(ProxySettings.Section);
        return limits.BindSettings(HttpLimits.Section);
    }

    /// <summary>
    /// Authenticates requests by API keys in the <see cref="SessionStorage"/> among the services, once the first key exists; call it before
    /// <see cref="AddDurableSessionsHttp"/>. A host calls <see cref="KeyRing.LoadAsync"/> before it serves, and does not serve where
    /// <see cref="AuthPlace.Refuse(AuthSettings, KeyRing)"/> says why. <see cref="AuthSettings"/> are of the host's configuration.
    /// </summary>
    public static IServiceCollection AddApiKeys(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(static provider => new KeyStore(
            provider.GetRequiredService<SessionStorage>().Container, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<KeyAudit>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<KeyUses>();
        services.AddHostedService(static provider => provider.GetRequiredService<KeyUses>());
        services.AddSingleton<ICallerSource, KeyCallerSource>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AuthSettings>, AuthSettingsValidator>());
        services.AddOptions<AuthSettings>().BindSettings(AuthSettings.Section);
        return services;
    }

    /// <summary>
    /// Answers a request whose <c>Host</c> is not in ASP.NET Core's setting <c>AllowedHosts</c> as the API answers errors. For a web host
    /// that serves the API alone: the envelope middleware is then around its whole pipeline.
    /// </summary>
    public static IServiceCollection AddHostFilteringErrors(this IServiceCollection services)
    {
        services.Configure<HostFilteringOptions>(static filtering => filtering.IncludeFailureMessage = false);

        // Filters run in the order of their registration, and that of the host is registered with the host's builder.
        services.Insert(0, ServiceDescriptor.Transient<IStartupFilter, EnvelopeStartupFilter>());
        return services;
    }

    /// <summary>
    /// Answers, and logs, an exception of a host that failed before it ran the API, as the API answers its own: what such a request asked
    /// for was not done. Where an answer has begun, its connection is aborted, so that its client does not take it for whole.
    /// </summary>
    public static async Task AnswerFailureAsync(this HttpContext http, Exception exception)
    {
        ArgumentNullException.ThrowIfNull(http);
        RequestDelegate fail = _ => Task.FromException(exception);
        try
        {
            await ActivatorUtilities.CreateInstance<EnvelopeMiddleware>(http.RequestServices, fail).InvokeAsync(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone while it was answered.
        }
    }

    /// <summary>
    /// Adds the envelope middleware (request ids, process times, errors as the API documents them), the addresses of clients behind
    /// trusted proxies, the refusal of requests that storage is too busy for, of requests that are not local while there is no
    /// authentication, and the rate limiter. It is the first middleware of the host after routing, which a <see cref="WebApplication"/>
    /// puts before all others; another host calls <c>UseRouting</c> before it.
    /// </summary>
    public static IApplicationBuilder UseDurableSessionsHttp(this IApplicationBuilder app)
    {
        if (!app.ApplicationServices.GetServices<IStartupFilter>().OfType<EnvelopeStartupFilter>().Any())
        {
            app.UseMiddleware<EnvelopeMiddleware>();
        }

        // ASP.NET Core's own switch has put the same middleware in front of all others; a second pass would believe one proxy more.
        var configuration = app.ApplicationServices.GetService<IConfiguration>();
        if (!string.Equals(configuration?["ForwardedHeaders_Enabled"], "true", StringComparison.OrdinalIgnoreCase))
        {
            app.UseForwardedHeaders();
        }

        return app
            .UseMiddleware<BrowserPagesMiddleware>()
            .UseMiddleware<StorageLoadMiddleware>()
            .UseMiddleware<AdmissionMiddleware>()
            .UseMiddleware<RateLimitMiddleware>();
    }

    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapDurableSessions(this IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder sessions = endpoints.MapGroup("/api/v1/sessions");
        sessions.MapSessions();
        sessions.MapConfig();
        sessions.MapMessages();
        sessions.MapCommits();
        sessions.MapContext();
        sessions.MapArchives();
        sessions.MapArchiveDigests();
        sessions.MapUsage();
        sessions.MapMemoryDiffs();
        endpoints.MapGroup("/api/v1/memories").MapMemories();
        endpoints.MapGroup("/api/v1/content").MapContent();
        endpoints.MapGroup("/api/v1/fs").MapFiles();
        endpoints.MapGroup("/api/v1/search").MapSearch();
        endpoints.MapGroup("/api/v1/tasks").MapTasks();
        endpoints.MapMcp();
        endpoints.MapDigestAgain();
        endpoints.MapSystem();
        if (endpoints.ServiceProvider.GetRequiredService<DurableSessionsHttpOptions>().MapsOrchestrations)
        {
            endpoints.MapGroup("/runtime/webhooks/durabletask/instances").MapOrchestrations();
        }

        return endpoints;
    }

    /// <summary>
    /// Limits the number of connections, in all and of each address, and of HTTP/2 streams, and the lowest data rate. The server accepts
    /// more header bytes than the API does, so that a request with too many is answered by the API, with an envelope, and not by the
    /// server without one.
    /// </summary>
    public static void ApplyDurableSessionsLimits(this KestrelServerOptions server)
    {
        HttpLimits limits = server.ApplicationServices.GetRequiredService<IOptions<HttpLimits>>().Value;
        server.AddServerHeader = false;
        server.Limits.MaxRequestLineSize = 64 * 1024;
        server.Limits.MaxRequestHeadersTotalSize = 2 * HttpLimits.MaxHeaderBytes;
        server.Limits.MaxRequestHeaderCount = 1_000;
        server.Limits.Http2.MaxStreamsPerConnection = MaxStreams;
        server.Limits.MaxConcurrentConnections = limits.Connections;
        ConnectionLimit connections = server.ApplicationServices.GetRequiredService<ConnectionLimit>();
        server.ConfigureEndpointDefaults(
            endpoint => endpoint.Use(next => connection => connections.RunAsync(connection, next)));
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeadersSeconds);
        server.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(limits.KeepAliveSeconds);
        var slowest = new MinDataRate(limits.MinBytesPerSecond, TimeSpan.FromSeconds(limits.SlowSeconds));
        server.Limits.MinRequestBodyDataRate = slowest;
        server.Limits.MinResponseDataRate = slowest;
    }
}
