using System.Globalization;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Callers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DurableSessions.Hosting.Telemetry;

/// <summary>
/// OpenTelemetry: metrics for Prometheus at <c>/metrics</c>; traces, metrics and logs by OTLP where the environment names an endpoint, in
/// the variables of the specification (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, those of one signal, <c>OTEL_SERVICE_NAME</c>,
/// <c>OTEL_SDK_DISABLED</c>): https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables
/// </summary>
public static class TelemetryServices
{
    private const string ServiceName = "durable-sessions";
    private const string MetricsPath = "/metrics";

    // By name, as a host may have another engine.
    private const string Engine = "DurableSessions.Engine";

    // Of Microsoft.Extensions.AI, as its own documentation names it: spans and tokens of the questions to a model.
    private const string ModelSource = "Experimental.Microsoft.Extensions.AI";

    // What a probe or a scraper asks is no work of a client.
    private static readonly string[] s_untraced = ["/health", "/ready", MetricsPath];

    /// <summary>Adds what the environment asks for.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The host's configuration, with the environment's variables.</param>
    /// <param name="version">The host's version.</param>
    /// <param name="hostName">By which its metrics and traces differ from those of other hosts; one is drawn where it has none.</param>
    /// <param name="hasTraces">Whether an exporter of the host's own takes traces too.</param>
    /// <returns>For what the host has of its own; <see langword="null"/>: all is turned off.</returns>
    /// <exception cref="SettingsException">An endpoint is no URL.</exception>
    public static OpenTelemetryBuilder? AddTelemetry(
        this IServiceCollection services, IConfiguration configuration, string version, string? hostName = null, bool hasTraces = false)
    {
        services.AddSingleton<IValidateOptions<MetricsSettings>, MetricsSettingsValidator>();
        services.AddOptions<MetricsSettings>().BindSettings(MetricsSettings.Section);
        if (IsOff(configuration))
        {
            return null;
        }

        OpenTelemetryBuilder telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource
            .AddService(ServiceName, serviceVersion: version, serviceInstanceId: hostName)
            .AddEnvironmentVariableDetector());
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddDurableSessionsMeters().AddPrometheusExporter();
            if (ReadPort(configuration) is { } port)
            {
                metrics.AddPrometheusHttpListener(listener => listener.Port = port);
            }

            if (FindEndpoint(configuration, "METRICS") is { } endpoint)
            {
                metrics.AddOtlpExporter(endpoint);
            }
        });
        Action<OtlpExporterOptions>? spans = FindEndpoint(configuration, "TRACES");
        if (spans is not null || hasTraces)
        {
            telemetry.WithTracing(static traces => traces.AddDurableSessionsSources());
        }

        if (spans is not null)
        {
            telemetry.WithTracing(traces => traces.AddOtlpExporter(spans));
        }

        if (FindEndpoint(configuration, "LOGS") is { } entries)
        {
            telemetry.WithLogging(logs => logs.AddOtlpExporter(entries));
        }

        return telemetry;
    }

    /// <summary>
    /// Sends what was measured, traced and logged, as an end of the services would: within 2 seconds for each, without what is not sent
    /// by then.
    /// </summary>
    internal static void FlushTelemetry(this IServiceProvider services)
    {
        const int Milliseconds = 2_000;
        services.GetService<TracerProvider>()?.ForceFlush(Milliseconds);
        services.GetService<MeterProvider>()?.ForceFlush(Milliseconds);
        services.GetService<LoggerProvider>()?.ForceFlush(Milliseconds);
    }

    /// <summary>Maps <c>/metrics</c>, for operators.</summary>
    internal static void MapMetrics(this IEndpointRouteBuilder endpoints)
    {
        if (IsOff(endpoints.ServiceProvider.GetRequiredService<IConfiguration>()))
        {
            return;
        }

        endpoints.MapPrometheusScrapingEndpoint(
                MetricsPath,
                meterProvider: null,
                configureBranchedPipeline: static branch => branch.Use(static async (http, next) =>
                {
                    await http.RequestServices.GetRequiredService<ICallerSource>().RequireOperatorAsync(http);
                    await next(http);
                }),
                optionsName: null)
            .WithMetadata(new OnlyReadsAttribute(), new HttpMethodMetadata([HttpMethods.Get]));
    }

    /// <summary>The meters of which the README has a table.</summary>
    public static MeterProviderBuilder AddDurableSessionsMeters(this MeterProviderBuilder metrics) => metrics.AddMeter(
        Engine,
        StoreTelemetry.MeterName,
        ModelSource,
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Runtime");

    /// <summary>The sources of a trace from a request to the switch of its commit.</summary>
    public static TracerProviderBuilder AddDurableSessionsSources(this TracerProviderBuilder traces)
    {
        // Read by the SDK of Azure when its clients are made: https://aka.ms/azsdk/net/diagnostics
        AppContext.SetSwitch("Azure.Experimental.EnableActivitySource", true);
        return traces
            .AddSource(Engine, ModelSource, "Azure.*")
            .AddProcessor(static _ => new RequestTraces())
            .AddAspNetCoreInstrumentation(static http => http.Filter = static request => !s_untraced.Contains(request.Request.Path.Value));
    }

    /// <summary>Whether spans leave this process.</summary>
    /// <exception cref="SettingsException">The endpoint is no URL.</exception>
    public static bool ExportsTraces(IConfiguration configuration) =>
        !IsOff(configuration) && FindEndpoint(configuration, "TRACES") is not null;

    /// <summary>Whether the environment wants neither metrics nor traces.</summary>
    public static bool IsOff(IConfiguration configuration) =>
        string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase);

    // The exporter reads the endpoint of all signals by itself, and adds the path of each; that of one signal is taken as it is.
    private static Action<OtlpExporterOptions>? FindEndpoint(IConfiguration configuration, string signal)
    {
        const string All = "OTEL_EXPORTER_OTLP_ENDPOINT";
        string own = $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT";
        return Read(own) is { } url ? options => options.Endpoint = url : Read(All) is not null ? static _ => { } : null;

        Uri? Read(string variable) => configuration[variable] is not { Length: > 0 } text ? null
            : Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri!.Scheme is "http" or "https" ? uri
            : throw new SettingsException($"{variable} is '{text}', which is no http or https URL.");
    }

    // What is no port is refused with all settings, before this server opens anything.
    private static int? ReadPort(IConfiguration configuration) =>
        int.TryParse(configuration[$"{MetricsSettings.Section}:{nameof(MetricsSettings.Port)}"], CultureInfo.InvariantCulture, out int port)
        && port is > 0 and <= 65535
            ? port
            : null;
}
