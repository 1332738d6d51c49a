using Azure.Identity;
using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Hosting;
using DurableSessions.Hosting.Telemetry;
using DurableSessions.Http;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Functions;

/// <summary>What the server is put together from, on the app's storage and task hub.</summary>
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

    public static void AddStoreAndApi(this IServiceCollection services, IConfiguration configuration, string version)
    {
        services.AddStorageSettings();
        services.AddSingleton(Connect);
        services.AddStore(configuration);
        services.AddPurging();
        services.AddSingleton<FunctionsClient>();
        services.AddSingleton<OrchestrationClient>(static provider => provider.GetRequiredService<FunctionsClient>());
        services.AddSingleton<ApiPipeline>();
        services.AddTelemetry(configuration, version);

        // No routes for operators: the Durable Functions extension has its own, under the same paths.
        services.AddApi(configuration, new DurableSessionsHttpOptions { Version = version, MapsOrchestrations = false });
    }
}
