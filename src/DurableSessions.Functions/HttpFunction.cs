using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace DurableSessions.Functions;

/// <summary>Every request, handed to the routes that the server maps too.</summary>
public sealed class HttpFunction(ApiPipeline api, FunctionsClient durable)
{
    /// <summary>Runs the API on the context of the request, which the worker answers from.</summary>
    [Function("http")]
    public async Task RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", "head", "options", Route = "{*path}")]
        HttpRequest request,
        [DurableClient] DurableTaskClient client)
    {
        durable.Use(client);
        HttpContext http = request.HttpContext;

        // The worker has set the endpoint of this function. It is removed so that the routing of the API finds its own.
        http.SetEndpoint(null);
        http.Features.Set<IRouteValuesFeature>(null);
        await api.RunAsync(http);
    }
}
