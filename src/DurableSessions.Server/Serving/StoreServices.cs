using DurableSessions.Core;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Http;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Orchestration;
using DurableSessions.Semantics.Chat;
using DurableSessions.Semantics.Extractive;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;

namespace DurableSessions.Server.Serving;

/// <summary>Puts the store and the API together.</summary>
internal static class StoreServices
{
    public static void AddStore(this IServiceCollection services, SessionStorage storage, SemanticsSettings semantics, SessionOptions options)
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
            provider.GetRequiredService<OrchestrationClient>,
            options,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
    }

    public static void AddApi(this IServiceCollection services, SessionStorage storage, Func<OrchestrationClient> client, KeyRing keys, HttpLimits limits)
    {
        services.AddApiKeys(keys);
        services.AddDurableSessionsHttp(new DurableSessionsHttpOptions
        {
            Version = ServerVersion.Text,
            CheckStorage = cancellationToken => storage.Container.ExistsAsync(cancellationToken),
            Limits = limits,
            Orchestrations = client,
            CheckEngine = cancellationToken => client().ListInstancesAsync(new OrchestrationQuery { PageSize = 1 }, cancellationToken),
        });
    }
}
