using DurableSessions.Hosting.Telemetry;
using DurableSessions.Http;
using DurableSessions.Http.Documentation;
using DurableSessions.Ui;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Hosting;

/// <summary>What a host answers: the API with keys and limits, its documentation, the pages, and the metrics.</summary>
public static class ApiServices
{
    /// <summary>Adds it, with its settings. Before it a web host that serves nothing else adds the errors of its filter of hosts.</summary>
    public static void AddApi(this IServiceCollection services, IConfiguration configuration, DurableSessionsHttpOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddApiKeys();
        services.AddDurableSessionsHttp(options).BindLimits();
        services.AddApiDocumentation(options.Version);
        services.AddUi(listens: !TelemetryServices.IsOff(configuration));
    }

    /// <summary>Maps all routes. <see cref="DurableSessionsHttp.UseDurableSessionsHttp"/> is before them.</summary>
    public static void MapApi(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapDurableSessions().MapApiDocumentation().MapUi().MapMetrics();
}
