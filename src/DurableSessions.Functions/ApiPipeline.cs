using DurableSessions.Http;
using DurableSessions.Http.Documentation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Functions;

/// <summary>The API as the server has it: routing, the envelope with the limits of each route, then the routes.</summary>
public sealed class ApiPipeline
{
    private readonly RequestDelegate _run;

    /// <summary>Builds it once.</summary>
    public ApiPipeline(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.UseDurableSessionsHttp();
        app.UseEndpoints(static endpoints => endpoints.MapDurableSessions().MapApiDocumentation());
        _run = app.Build();
    }

    internal Task RunAsync(HttpContext http) => _run(http);
}
