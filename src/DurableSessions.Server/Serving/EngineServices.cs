using DurableSessions.Core.Storage;
using DurableSessions.Engine;

namespace DurableSessions.Server.Serving;

/// <summary>The engine that runs commits: the embedded one, or Durable Task on a scheduler.</summary>
internal static class EngineServices
{
    /// <summary>
    /// Reads <c>Engine</c>, which is <c>Embedded</c> (with <c>Embedded:*</c>) or <c>DurableTask</c> (with
    /// <c>ConnectionStrings:Scheduler</c>).
    /// </summary>
    /// <exception cref="StartException">There is no such engine, or one of its settings is missing or invalid.</exception>
    public static void AddEngine(this IServiceCollection services, SessionStorage storage, IConfiguration configuration)
    {
        switch (configuration["Engine"])
        {
            case null or "" or "Embedded":
                Action<EngineOptions> configure = EmbeddedSettings.Read(configuration);
                services.AddEmbeddedEngine(storage.Container, storage.Unretried).Configure(configure);
                break;
            case "DurableTask":
                services.AddScheduler(configuration.GetConnectionString("Scheduler") is { Length: > 0 } connection
                    ? connection
                    : throw new StartException(
                        "Engine is DurableTask, but ConnectionStrings:Scheduler is missing; it looks like "
                        + "'Endpoint=https://...durabletask.io;Authentication=ManagedIdentity;TaskHub=...'."));
                break;
            case { } other:
                throw new StartException($"Engine is '{other}'; it must be Embedded or DurableTask.");
        }
    }
}
