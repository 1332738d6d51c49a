using Azure.Identity;
using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Http;
using DurableSessions.Http.Documentation;
using DurableSessions.Http.Keys;
using DurableSessions.Orchestration;
using DurableSessions.Semantics.Extractive;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Functions;

/// <summary>The store and the API, with the settings of the server.</summary>
internal static class StoreServices
{
    /// <summary>
    /// The container in <c>ConnectionStrings:Storage</c>: a connection string, or the URL of a blob service, used with the app's identity.
    /// </summary>
    public static SessionStorage Connect(IConfiguration configuration)
    {
        string connection = configuration.GetConnectionString("Storage")
            ?? throw new InvalidOperationException("ConnectionStrings:Storage is missing.");
        string container = configuration["Storage:Container"] ?? "durable-sessions";
        return Uri.TryCreate(connection, UriKind.Absolute, out Uri? service) && service.Scheme == Uri.UriSchemeHttps
            ? SessionStorage.Connect(service, new DefaultAzureCredential(), container)
            : SessionStorage.Connect(connection, container);
    }

    public static void AddStoreAndApi(
        this IServiceCollection services, SessionStorage storage, KeyRing keys, Action<SessionOptions> configure, string version)
    {
        services.AddDurableSessions(storage).Configure(configure);
        services.AddExtractiveDigest();
        var durable = new FunctionsClient(TimeProvider.System);
        services.AddSingleton(durable);
        services.AddSingleton<OrchestrationClient>(durable);
        services.AddSingleton<ApiPipeline>();
        services.AddApiKeys(keys);
        services.AddApiDocumentation(version);

        // No routes for operators: the Durable Functions extension has its own, under the same paths.
        services.AddDurableSessionsHttp(new DurableSessionsHttpOptions
        {
            Version = version,
            CheckStorage = cancellationToken => storage.Container.ExistsAsync(cancellationToken),
            CheckEngine = cancellationToken => durable.ListInstancesAsync(new OrchestrationQuery { PageSize = 1 }, cancellationToken),
        });
    }
}
