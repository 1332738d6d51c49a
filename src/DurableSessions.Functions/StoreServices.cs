using Azure.Identity;
using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Http;
using DurableSessions.Http.Documentation;
using DurableSessions.Orchestration;
using DurableSessions.Semantics.Extractive;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Functions;

/// <summary>The store and the API, with the settings of the server.</summary>
internal static class StoreServices
{
    /// <summary>
    /// The container in <c>ConnectionStrings:Storage</c>: a connection string, or the URL of a blob service, used with the app's identity.
    /// </summary>
    private static SessionStorage Connect(IServiceProvider services)
    {
        string connection = StorageSettings.FindConnection(services.GetRequiredService<IConfiguration>())
            ?? throw new SettingsException("ConnectionStrings:Storage is missing.");
        return services.GetRequiredService<IOptions<StorageSettings>>().Value.Connect(connection, new DefaultAzureCredential());
    }

    public static void AddStoreAndApi(this IServiceCollection services, string version)
    {
        services.AddStorageSettings();
        services.AddSingleton(Connect);
        services.AddDurableSessions().BindStoreSettings();
        services.AddPurging();
        services.AddExtractiveDigest();
        services.AddSingleton<FunctionsClient>();
        services.AddSingleton<OrchestrationClient>(static provider => provider.GetRequiredService<FunctionsClient>());
        services.AddSingleton<ApiPipeline>();
        services.AddApiKeys();
        services.AddApiDocumentation(version);

        // No routes for operators: the Durable Functions extension has its own, under the same paths.
        services.AddDurableSessionsHttp(new DurableSessionsHttpOptions { Version = version, MapsOrchestrations = false }).BindLimits();
    }
}
