using System.Diagnostics.Metrics;
using Azure.Storage.Blobs;
using DurableSessions.Orchestration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DurableSessions.Engine;

/// <summary>Adds the embedded engine to a host's services.</summary>
public static class EmbeddedEngineServices
{
    /// <summary>
    /// Adds the engine, which runs what the <see cref="OrchestrationRegistry"/> among the services holds, and its
    /// <see cref="OrchestrationClient"/>. It starts and stops with the host.
    /// </summary>
    /// <remarks>
    /// Added before a web server, it starts first and stops last, so that requests in progress find it running.
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="container">Holds the instances, under <c>orchestrations/</c>; it must exist when the engine starts.</param>
    /// <param name="unretried">The same container through a client that sends each request once.</param>
    /// <returns>For the options of the engine, which are checked when the host starts.</returns>
    public static OptionsBuilder<EngineOptions> AddEmbeddedEngine(
        this IServiceCollection services, BlobContainerClient container, BlobContainerClient unretried) =>
        services.AddEmbeddedEngine(_ => container, _ => unretried);

    /// <summary>
    /// Adds the engine, as the other overload does, on a container that is asked for when the engine is first used, so that a host may
    /// open it after its services are built.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="container">Holds the instances, under <c>orchestrations/</c>; it must exist when the engine starts.</param>
    /// <param name="unretried">The same container through a client that sends each request once.</param>
    /// <returns>For the options of the engine, which are checked when the host starts.</returns>
    public static OptionsBuilder<EngineOptions> AddEmbeddedEngine(
        this IServiceCollection services,
        Func<IServiceProvider, BlobContainerClient> container,
        Func<IServiceProvider, BlobContainerClient> unretried)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new EmbeddedEngine(
            container(provider),
            unretried(provider),
            provider.GetRequiredService<OrchestrationRegistry>(),
            provider.GetRequiredService<IOptions<EngineOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EmbeddedEngine>>(),
            provider.GetService<IMeterFactory>()));
        services.AddSingleton(static provider => provider.GetRequiredService<EmbeddedEngine>().Client);
        services.AddSingleton(static provider => provider.GetRequiredService<EmbeddedEngine>().Hosts);
        services.AddHostedService(static provider => provider.GetRequiredService<EmbeddedEngine>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EngineOptions>, EngineOptionsValidator>());
        return services.AddOptions<EngineOptions>().ValidateOnStart();
    }

    /// <summary>Fills options of the engine from <see cref="EmbeddedSettings"/>.</summary>
    /// <returns>For the settings, which the host binds and which are checked when it starts.</returns>
    public static OptionsBuilder<EmbeddedSettings> AddSettings(this OptionsBuilder<EngineOptions> options)
    {
        options.Configure<IOptions<EmbeddedSettings>>(static (engine, settings) =>
            engine.Ownership = TimeSpan.FromSeconds(settings.Value.OwnershipSeconds));
        options.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<EmbeddedSettings>, EmbeddedSettingsValidator>());
        return options.Services.AddOptions<EmbeddedSettings>().ValidateOnStart();
    }
}
