using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DurableSessions.Testing;

/// <summary>A store and the embedded engine, added as a server adds them, with what a test decides in place of the defaults.</summary>
internal static class HostServices
{
    public static IServiceCollection AddHost(
        this IServiceCollection services, SessionStorage storage, ISemanticProcessor processor, ISemanticProcessor? fallback = null,
        SessionOptions? options = null, EngineOptions? engine = null, TimeProvider? time = null)
    {
        var parts = new HostParts(
            storage, processor, fallback ?? processor, options ?? new SessionOptions(), engine ?? new EngineOptions(),
            time ?? TimeProvider.System);
        return services.AddHost(_ => parts);
    }

    /// <param name="services">Of the host.</param>
    /// <param name="parts">Asked for each part when it is first needed.</param>
    public static IServiceCollection AddHost(this IServiceCollection services, Func<IServiceProvider, HostParts> parts)
    {
        services.AddSingleton(provider => parts(provider).Time);
        services.AddSingleton(provider => parts(provider).Merges);
        services.TryAddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddKeyedSingleton(SemanticProcessors.ConfiguredKey, (provider, _) => parts(provider).Processor);
        services.AddKeyedSingleton(SemanticProcessors.FallbackKey, (provider, _) => parts(provider).Fallback);
        services.AddSingleton(provider => parts(provider).Storage);
        services.AddDurableSessions();
        services.AddEmbeddedEngine(provider => parts(provider).Storage.Container, provider => parts(provider).Storage.Unretried);
        return services.Give(provider => parts(provider).Options).Give(provider => parts(provider).Engine);
    }

    private static IServiceCollection Give<T>(this IServiceCollection services, Func<IServiceProvider, T> options)
        where T : class => services.AddSingleton<IOptionsFactory<T>>(
            provider => new GivenOptions<T>(options(provider), provider.GetServices<IValidateOptions<T>>()));
}
