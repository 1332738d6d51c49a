using DurableSessions.Core;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using DurableSessions.Orchestration;

namespace DurableSessions.Server.Serving;

/// <summary>The engine that runs commits: the embedded one, or Durable Task on a scheduler.</summary>
internal static class EngineServices
{
    /// <summary>Reads <c>Engine</c> (<c>Embedded</c>, <c>DurableTask</c>); for the former <c>Embedded:*</c>, for the latter <c>ConnectionStrings:Scheduler</c>.</summary>
    /// <exception cref="StartException">There is no such engine, or what it needs is missing.</exception>
    public static void AddEngine(this IServiceCollection services, SessionStorage storage, IConfiguration configuration)
    {
        services.AddSingleton(static provider => provider.GetRequiredService<SessionStore>().Register(new OrchestrationRegistry()));
        switch (configuration["Engine"])
        {
            case null or "" or "Embedded":
                services.AddEmbedded(storage, EmbeddedSettings.Read(configuration));
                break;
            case "DurableTask":
                services.AddScheduler(configuration.GetConnectionString("Scheduler") is { Length: > 0 } connection ? connection : throw new StartException(
                    "Engine is DurableTask, but ConnectionStrings:Scheduler is missing; it looks like 'Endpoint=https://...durabletask.io;Authentication=ManagedIdentity;TaskHub=...'."));
                break;
            case { } other:
                throw new StartException($"Engine '{other}' is none: it is Embedded or DurableTask.");
        }
    }

    private static void AddEmbedded(this IServiceCollection services, SessionStorage storage, EngineOptions options)
    {
        services.AddSingleton(provider => new EmbeddedEngine(
            storage.Container,
            storage.Unretried,
            provider.GetRequiredService<OrchestrationRegistry>(),
            options,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EmbeddedEngine>>()));
        services.AddSingleton(static provider => provider.GetRequiredService<EmbeddedEngine>().Client);

        // Before the web server: it starts first and stops last, so that requests in progress find it running.
        services.AddHostedService(static provider => provider.GetRequiredService<EmbeddedEngine>());
    }
}
