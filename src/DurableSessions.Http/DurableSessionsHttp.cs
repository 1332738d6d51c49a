using DurableSessions.Http.Callers;
using DurableSessions.Http.Endpoints;
using DurableSessions.Http.Envelope;
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
    /// Adds what the API needs. Callers are believed (dev mode) unless the host adds its own <see cref="ICallerSource"/>.
    /// </summary>
    public static IServiceCollection AddDurableSessionsHttp(this IServiceCollection services, DurableSessionsHttpOptions options)
    {
        services.AddRouting();
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ICallerSource, DevCallerSource>();
        return services;
    }

    /// <summary>
    /// Puts the envelope around everything that comes after: request ids, times, and errors in the words of the wire. To be the first of
    /// the host's middlewares.
    /// </summary>
    public static IApplicationBuilder UseDurableSessionsHttp(this IApplicationBuilder app) => app.UseMiddleware<EnvelopeMiddleware>();

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
        endpoints.MapGroup("/api/v1/tasks").MapTasks();
        endpoints.MapSystem();
        return endpoints;
    }

    /// <summary>
    /// Lets the server take a little more than the API does, so that what is too large is answered by the API, with an envelope, rather
    /// than by the server without one.
    /// </summary>
    public static void ApplyDurableSessionsLimits(this KestrelServerOptions server)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestLineSize = 64 * 1024;
        server.Limits.MaxRequestHeadersTotalSize = 256 * 1024;
        server.Limits.MaxRequestHeaderCount = 1_000;
    }
}
