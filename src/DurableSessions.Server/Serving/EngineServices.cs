using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
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
    public static void AddEngine(this IServiceCollection services, IConfiguration configuration)
    {
        switch (configuration["Engine"])
        {
            case null or "" or "Embedded":
                services.AddEmbeddedEngine();
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

    /// <summary>Archives that are digested again at a time; the model's other questions are for new commits.</summary>
    private const int DigestsAgainAtOnce = 2;

    /// <summary>Adds the embedded engine on the storage among the services, with its settings.</summary>
    public static void AddEmbeddedEngine(this IServiceCollection services) => services
        .AddEmbeddedEngine(
            static provider => provider.GetRequiredService<SessionStorage>().Container,
            static provider => provider.GetRequiredService<SessionStorage>().Unretried)
        .Configure(static engine => engine.MaxConcurrentActivitiesByName = new Dictionary<string, int>
        {
            [CommitNames.DigestAgain] = DigestsAgainAtOnce,
        })
        .AddSettings()
        .BindSettings(EmbeddedSettings.Section);
}
