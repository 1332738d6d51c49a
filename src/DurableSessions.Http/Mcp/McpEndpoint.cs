using System.Runtime.InteropServices;
using System.Text.Json;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace DurableSessions.Http.Mcp;

/// <summary>
/// The Model Context Protocol, over streamable HTTP: each request stands for itself, so that any host answers it. Keys, limits and errors
/// before a tool is called are those of every route.
/// </summary>
internal static class McpEndpoint
{
    private const string Path = "/mcp";
    private const int Weight = 20;

    /// <summary>Adds the protocol's server and its tools.</summary>
    public static void AddMcp(this IServiceCollection services, string version)
    {
        services.AddHttpContextAccessor();
        services.AddSingleton<McpTools>();
        services.AddMcpServer(server => server.ServerInfo = new Implementation { Name = "durable-sessions", Version = version })
            .WithHttpTransport(static transport => transport.Stateless = true)
            .WithListToolsHandler(static (request, _) =>
                ValueTask.FromResult(new ListToolsResult { Tools = [.. McpTools.All.Select(static t => t.Tool)] }))
            .WithCallToolHandler(static (request, cancellationToken) =>
                request.Services!.GetRequiredService<McpTools>().CallAsync(request.Params, cancellationToken));
    }

    /// <summary>Maps the route. What is sent to it is read as every body is: bounded in bytes and in time.</summary>
    public static void MapMcp(this IEndpointRouteBuilder endpoints) => endpoints.MapMcp(Path)
        .WithWeight(Weight)
        .WithMetadata(new OnlyReadsAttribute { MayChange = true })
        .Finally(static endpoint =>
        {
            // Another type of content is answered as on every route, and not by the routing.
            foreach (IAcceptsMetadata accepts in endpoint.Metadata.OfType<IAcceptsMetadata>().ToArray())
            {
                endpoint.Metadata.Remove(accepts);
            }

            RequestDelegate answer = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = http => AnswerAsync(http, answer);
        });

    /// <summary>Who calls a tool.</summary>
    public static Caller CallerOf(HttpContext http) => http.Features.GetRequiredFeature<Caller>();

    private static async Task AnswerAsync(HttpContext http, RequestDelegate answer)
    {
        http.Features.Set(await Caller.BindAsync(http));
        int maxBytes = http.RequestServices.GetRequiredService<IOptions<HttpLimits>>().Value.BodyBytes;
        byte[] message;
        using (JsonDocument body = await JsonBody.ReadValueAsync(http, maxBytes))
        {
            message = JsonMarshal.GetRawUtf8Value(body.RootElement).ToArray();
        }

        // As it came, as it is read, and as the arguments of a tool.
        await BodyLease.ForAnswer(http)(3L * message.Length, http.RequestAborted);
        using var stream = new MemoryStream(message, writable: false);
        http.Request.Body = stream;
        if (http.Request.Headers.Accept.Count == 0 || http.Request.Headers.Accept == "*/*")
        {
            // It takes anything, so also what the protocol's server asks for by name.
            http.Request.Headers.Accept = "application/json, text/event-stream";
        }

        try
        {
            await answer(http);
        }
        catch (JsonException e) when (!http.Response.HasStarted)
        {
            throw ApiException.Invalid(Location.Body, $"is no message of the Model Context Protocol: {e.Message}", "json_rpc");
        }
    }
}
