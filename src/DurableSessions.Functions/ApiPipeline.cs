using DurableSessions.Hosting;
using DurableSessions.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Functions;

/// <summary>All that the server answers: routing, the envelope with the limits of each route, then the routes.</summary>
public sealed class ApiPipeline
{
    private readonly RequestDelegate _run;

    /// <summary>Builds it once.</summary>
    public ApiPipeline(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.UseDurableSessionsHttp();
        app.UseEndpoints(static endpoints => endpoints.MapApi());
        _run = app.Build();
    }

    internal Task RunAsync(HttpContext http) => _run(http);
}
