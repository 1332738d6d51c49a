using DurableSessions.Core;
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
    public static void AddStore(
        this IServiceCollection services, SessionStorage storage, SemanticsSettings semantics, Action<SessionOptions> configure)
    {
        services.AddDurableSessions(storage).Configure(configure).Configure(options => options.Semantic = semantics.Policy);
        services.AddExtractiveDigest();
        if (semantics.Model is { } model)
        {
            services.AddChatDigest(model, semantics.Credential);
        }
    }

    public static void AddApi(
        this IServiceCollection services, SessionStorage storage, Func<OrchestrationClient> client, KeyRing keys, HttpLimits limits)
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
