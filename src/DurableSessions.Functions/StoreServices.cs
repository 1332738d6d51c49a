using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using DurableSessions.Core;
using DurableSessions.Hosting;
using DurableSessions.Hosting.Telemetry;
using DurableSessions.Http;
using DurableSessions.Orchestration;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;

namespace DurableSessions.Functions;

/// <summary>What the server is put together from, on the app's storage and task hub.</summary>
internal static class StoreServices
{
    /// <summary>The server's telemetry, and Application Insights where it is set.</summary>
    public static void AddAppTelemetry(this IServiceCollection services, IConfiguration configuration, string version)
    {
        bool hasInsights = configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] is { Length: > 0 };
        if (!TelemetryServices.IsOff(configuration) && (hasInsights || TelemetryServices.ExportsTraces(configuration)))
        {
            // Before the server's: the platform's own name of the service gives way to that, and to the environment's.
            services.AddOpenTelemetry().UseFunctionsWorkerDefaults();
        }

        OpenTelemetryBuilder? telemetry = services.AddTelemetry(configuration, version, hasTraces: hasInsights);
        if (hasInsights)
        {
            telemetry?.UseAzureMonitorExporter(static options => options.Credential = new DefaultAzureCredential());
        }
    }

    public static void AddStoreAndApi(this IServiceCollection services, IConfiguration configuration, string version)
    {
        services.AddStorage();
        services.AddFunctionTimeout();
        services.AddStore(configuration);
        services.AddPurging();
        services.AddSingleton<FunctionsClient>();
        services.AddSingleton<OrchestrationClient>(static provider => provider.GetRequiredService<FunctionsClient>());
        services.AddSingleton<ApiPipeline>();

        // No routes for operators: the Durable Functions extension has its own, under the same paths.
        services.AddApi(configuration, new DurableSessionsHttpOptions { Version = version, MapsOrchestrations = false });
    }
}
