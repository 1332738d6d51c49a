using DurableSessions.Core.Storage;
using DurableSessions.Engine;

namespace DurableSessions.Server.Serving;

/// <summary>The engine that runs commits: the embedded one, or Durable Task on a scheduler.</summary>
internal static class EngineServices
{
    /// <summary>Reads <c>Engine</c> (<c>Embedded</c>, <c>DurableTask</c>); for the former <c>Embedded:*</c>, for the latter <c>ConnectionStrings:Scheduler</c>.</summary>
    /// <exception cref="StartException">There is no such engine, or what it needs is missing.</exception>
    public static void AddEngine(this IServiceCollection services, SessionStorage storage, IConfiguration configuration)
    {
        switch (configuration["Engine"])
        {
            case null or "" or "Embedded":
                Action<EngineOptions> configure = EmbeddedSettings.Read(configuration);
                services.AddEmbeddedEngine(storage.Container, storage.Unretried).Configure(configure);
                break;
            case "DurableTask":
                services.AddScheduler(configuration.GetConnectionString("Scheduler") is { Length: > 0 } connection ? connection : throw new StartException(
                    "Engine is DurableTask, but ConnectionStrings:Scheduler is missing; it looks like 'Endpoint=https://...durabletask.io;Authentication=ManagedIdentity;TaskHub=...'."));
                break;
            case { } other:
                throw new StartException($"Engine '{other}' is none: it is Embedded or DurableTask.");
        }
    }
}
