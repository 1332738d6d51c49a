using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Notifying;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using DurableSessions.Hosting;
using Microsoft.Extensions.Options;

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

    /// <summary>
    /// Gives the embedded engine of this server its name: <c>Host:Name</c>, or another where that is not set. Commands beside a server
    /// have none, so that they take nothing from it.
    /// </summary>
    public static void AddHostName(this IServiceCollection services, string? otherwise)
    {
        services.AddSingleton<IValidateOptions<NameSettings>, NameSettingsValidator>();
        services.AddOptions<NameSettings>().BindSettings(NameSettings.Section);
        services.AddOptions<EngineOptions>().Configure<IOptions<NameSettings>>(
            (engine, settings) => engine.HostName = settings.Value.Name ?? otherwise);
    }

    /// <summary>Archives that are digested again at a time; the model's other questions are for new commits.</summary>
    private const int DigestsAgainAtOnce = 2;

    /// <summary>Webhooks that are sent at a time: a receiver that does not answer holds up no more than these.</summary>
    private const int WebhooksAtOnce = 8;

    /// <summary>Adds the embedded engine on the storage among the services, with its settings.</summary>
    public static void AddEmbeddedEngine(this IServiceCollection services) => services
        .AddEmbeddedEngine(
            static provider => provider.GetRequiredService<SessionStorage>().Container,
            static provider => provider.GetRequiredService<SessionStorage>().Unretried)
        .Configure(static engine => engine.MaxConcurrentActivitiesByName = new Dictionary<string, int>
        {
            [CommitNames.DigestAgain] = DigestsAgainAtOnce,
            [CommitNames.DigestArchive] = DigestsAgainAtOnce,
            [NotifyNames.Send] = WebhooksAtOnce,
        })
        .AddSettings()
        .BindSettings(EmbeddedSettings.Section);
}
