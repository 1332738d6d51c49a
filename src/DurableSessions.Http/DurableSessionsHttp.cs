using DurableSessions.Http.Callers;
using DurableSessions.Http.Endpoints;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Orchestrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DurableSessions.Http;

/// <summary>The HTTP API, for any host that has a <see cref="Core.SessionStore"/> among its services.</summary>
public static class DurableSessionsHttp
{
    /// <summary>
    /// Adds the services of the API. Requests are not authenticated (dev mode) unless the host adds its own <see cref="ICallerSource"/>
    /// before.
    /// </summary>
    public static IServiceCollection AddDurableSessionsHttp(this IServiceCollection services, DurableSessionsHttpOptions options)
    {
        services.AddRouting();
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ICallerSource, DevCallerSource>();
        services.AddRateLimiter(rates => KeyRateLimiting.Configure(rates, options.Limits));
        return services;
    }

    /// <summary>
    /// Authenticates requests by API keys, once the first key exists; call it before <see cref="AddDurableSessionsHttp"/>. A host calls
    /// <see cref="KeyRing.LoadAsync"/> before it serves.
    /// </summary>
    public static IServiceCollection AddApiKeys(this IServiceCollection services, KeyRing keys)
    {
        services.AddSingleton(keys);
        services.AddSingleton<ICallerSource, KeyCallerSource>();
        return services;
    }

    /// <summary>
    /// Adds the envelope middleware (request ids, process times, errors as the API documents them) and the rate limiter. It is the first
    /// middleware of the host.
    /// </summary>
    public static IApplicationBuilder UseDurableSessionsHttp(this IApplicationBuilder app) =>
        app.UseMiddleware<EnvelopeMiddleware>().UseRateLimiter();

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
        sessions.MapUsage();
        sessions.MapMemoryDiffs();
        endpoints.MapGroup("/api/v1/memories").MapMemories();
        endpoints.MapGroup("/api/v1/content").MapContent();
        endpoints.MapGroup("/api/v1/tasks").MapTasks();
        endpoints.MapSystem();
        if (endpoints.ServiceProvider.GetRequiredService<DurableSessionsHttpOptions>().Orchestrations is { } orchestrations)
        {
            endpoints.MapGroup("/runtime/webhooks/durabletask/instances").MapOrchestrations(orchestrations);
        }

        return endpoints;
    }

    /// <summary>
    /// Limits the number of connections and the lowest data rate. The server accepts more header bytes than the API does, so that a
    /// request with too many is answered by the API, with an envelope, and not by the server without one.
    /// </summary>
    public static void ApplyDurableSessionsLimits(this KestrelServerOptions server, HttpLimits limits)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestLineSize = 64 * 1024;
        server.Limits.MaxRequestHeadersTotalSize = 2 * HttpLimits.MaxHeaderBytes;
        server.Limits.MaxRequestHeaderCount = 1_000;
        server.Limits.MaxConcurrentConnections = limits.Connections;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeadersSeconds);
        server.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(limits.KeepAliveSeconds);
        var slowest = new MinDataRate(limits.MinBytesPerSecond, TimeSpan.FromSeconds(limits.SlowSeconds));
        server.Limits.MinRequestBodyDataRate = slowest;
        server.Limits.MinResponseDataRate = slowest;
    }
}
