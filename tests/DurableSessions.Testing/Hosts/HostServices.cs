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
        services.AddSingleton(time ?? TimeProvider.System);
        services.TryAddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddKeyedSingleton(SemanticProcessors.ConfiguredKey, processor);
        services.AddKeyedSingleton(SemanticProcessors.FallbackKey, fallback ?? processor);
        services.AddDurableSessions(storage);
        services.AddEmbeddedEngine(storage.Container, storage.Unretried);
        return services.Give(options ?? new SessionOptions()).Give(engine ?? new EngineOptions());
    }

    private static IServiceCollection Give<T>(this IServiceCollection services, T options)
        where T : class => services.AddSingleton<IOptionsFactory<T>>(
            provider => new GivenOptions<T>(options, provider.GetServices<IValidateOptions<T>>()));
}
