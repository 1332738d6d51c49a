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
        TakeAddress(request);
        await api.RunAsync(http);
    }

    // The host, alone the worker's client, asks for the worker's own address and names the one that its client has asked for: that of a
    // page's forms. The headers stay, by which a forwarded request is known. A page of another site cannot add them.
    private static void TakeAddress(HttpRequest request)
    {
        if (request.Headers["X-Forwarded-Proto"] is [.., "http" or "https"] and [.., { } scheme])
        {
            request.Scheme = scheme;
        }

        if (request.Headers["X-Forwarded-Host"] is [.., { Length: > 0 } host])
        {
            request.Host = new HostString(host);
        }
    }
}
