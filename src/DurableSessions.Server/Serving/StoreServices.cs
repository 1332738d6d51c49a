using DurableSessions.Core;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Semantics.Extractive;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using DurableSessions.Http;
using DurableSessions.Orchestration;
using DurableSessions.Semantics.Chat;

namespace DurableSessions.Server.Serving;

/// <summary>Puts the store, the engine that runs its commits, and the API together.</summary>
internal static class StoreServices
{
    public static void AddStore(this IServiceCollection services, SessionStorage storage, SemanticsSettings semantics)
    {
        var extractive = new ExtractiveSemanticProcessor();
        if (semantics.Model is { } model)
        {
            services.AddSingleton(provider => new ChatModel(model, semantics.Credential, provider.GetRequiredService<TimeProvider>()));
        }

        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new SessionStore(
            storage,
            new SemanticProcessors(provider.GetService<ChatModel>()?.Processor ?? (ISemanticProcessor)extractive, extractive),
            () => provider.GetRequiredService<EmbeddedEngine>().Client,
            new Core.Sessions.SessionOptions { Semantic = semantics.Policy },
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => new EmbeddedEngine(
            storage.Container,
            storage.Unretried,
            provider.GetRequiredService<SessionStore>().Register(new OrchestrationRegistry()),
            new EngineOptions(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EmbeddedEngine>>()));

        // Before the web server: it starts first and stops last, so that requests in progress find it running.
        services.AddHostedService(static provider => provider.GetRequiredService<EmbeddedEngine>());
    }

    public static void AddApi(this IServiceCollection services, SessionStorage storage, Func<OrchestrationClient> client) =>
        services.AddDurableSessionsHttp(new DurableSessionsHttpOptions
        {
            Version = ServerVersion.Text,
            CheckStorage = cancellationToken => storage.Container.ExistsAsync(cancellationToken),
            CheckEngine = cancellationToken => client().ListInstancesAsync(new OrchestrationQuery { PageSize = 1 }, cancellationToken),
        });
}
