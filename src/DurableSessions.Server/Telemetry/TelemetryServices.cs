using System.Globalization;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using DurableSessions.Http.Callers;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DurableSessions.Server.Telemetry;

/// <summary>
/// OpenTelemetry: metrics for Prometheus at <c>/metrics</c>; traces, metrics and logs by OTLP where the environment names an endpoint, in
/// the variables of the specification (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, those of one signal, <c>OTEL_SERVICE_NAME</c>,
/// <c>OTEL_SDK_DISABLED</c>): https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables
/// </summary>
internal static class TelemetryServices
{
    private const string ServiceName = "durable-sessions";
    private const string MetricsPath = "/metrics";

    // Of Microsoft.Extensions.AI, as its own documentation names it: spans and tokens of the questions to a model.
    private const string ModelSource = "Experimental.Microsoft.Extensions.AI";

    // What a probe or a scraper asks is no work of a client.
    private static readonly string[] s_untraced = ["/health", "/ready", MetricsPath];

    /// <summary>Adds what the environment asks for.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="hostName">By which its metrics and traces differ from those of other hosts; one is drawn where it has none.</param>
    /// <exception cref="StartException">An endpoint is no URL.</exception>
    public static void AddTelemetry(this WebApplicationBuilder builder, string? hostName)
    {
        builder.Services.AddSingleton<IValidateOptions<MetricsSettings>, MetricsSettingsValidator>();
        builder.Services.AddOptions<MetricsSettings>().BindSettings(MetricsSettings.Section);
        if (IsOff(builder.Configuration))
        {
            return;
        }

        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource
            .AddService(ServiceName, serviceVersion: ServerVersion.Text, serviceInstanceId: hostName)
            .AddEnvironmentVariableDetector());
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddDurableSessionsMeters().AddPrometheusExporter();
            if (ReadPort(builder.Configuration) is { } port)
            {
                metrics.AddPrometheusHttpListener(listener => listener.Port = port);
            }

            if (FindEndpoint(builder.Configuration, "METRICS") is { } endpoint)
            {
                metrics.AddOtlpExporter(endpoint);
            }
        });
        if (FindEndpoint(builder.Configuration, "TRACES") is { } spans)
        {
            telemetry.WithTracing(traces => traces.AddDurableSessionsSources().AddOtlpExporter(spans));
        }

        if (FindEndpoint(builder.Configuration, "LOGS") is { } entries)
        {
            telemetry.WithLogging(logs => logs.AddOtlpExporter(entries));
        }
    }

    /// <summary>Maps <c>/metrics</c>, for operators.</summary>
    public static void MapMetrics(this WebApplication app)
    {
        if (IsOff(app.Configuration))
        {
            return;
        }

        app.MapPrometheusScrapingEndpoint(
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
        EngineTelemetry.MeterName,
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
            .AddSource(EngineTelemetry.ActivitySourceName, ModelSource, "Azure.*")
            .AddProcessor(static _ => new RequestTraces())
            .AddAspNetCoreInstrumentation(static http => http.Filter = static request => !s_untraced.Contains(request.Request.Path.Value));
    }

    /// <summary>Whether spans leave this process.</summary>
    /// <exception cref="StartException">The endpoint is no URL.</exception>
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
            : throw new StartException($"{variable} is '{text}', which is no http or https URL.");
    }

    // What is no port is refused with all settings, before this server opens anything.
    private static int? ReadPort(ConfigurationManager configuration) =>
        int.TryParse(configuration[$"{MetricsSettings.Section}:{nameof(MetricsSettings.Port)}"], CultureInfo.InvariantCulture, out int port)
        && port is > 0 and <= 65535
            ? port
            : null;
}
