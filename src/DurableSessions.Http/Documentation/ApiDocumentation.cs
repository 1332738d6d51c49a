using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace DurableSessions.Http.Documentation;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c> and the page that shows it at <c>/docs</c>. Neither needs a key.</summary>
public static class ApiDocumentation
{
    private const string ContentSecurityPolicyValue =
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        + "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:";

    /// <summary>Adds the services of the document.</summary>
    public static IServiceCollection AddApiDocumentation(this IServiceCollection services, string version) =>
        services.AddOpenApi("v1", options =>
        {
            options.AddOperationTransformer<OperationDocumentation>();
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "Durable sessions",
                    Version = version,
                    Description = "Keeps the conversations of AI agents, and commits them without ever losing a message.",
                };

                // The address of the server is the one that the client has read the document from.
                document.Servers = null;
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                {
                    ["key"] = new OpenApiSecurityScheme
                    {
                        Type = SecuritySchemeType.ApiKey,
                        In = ParameterLocation.Header,
                        Name = "X-API-Key",
                    },
                };
                document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", document)] = [] }];
                return Task.CompletedTask;
            });
        });

    /// <summary>Maps both routes. Its Content-Security-Policy allows the page to load files only from this server.</summary>
    public static IEndpointRouteBuilder MapApiDocumentation(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApi();
        endpoints.MapScalarApiReference("/docs", static options =>
        {
            options.Title = "Durable sessions";
            options.DefaultFonts = false;
        }).Add(static endpoint =>
        {
            RequestDelegate? page = endpoint.RequestDelegate;
            endpoint.RequestDelegate = http =>
            {
                http.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicyValue;
                return page!(http);
            };
        });
        return endpoints;
    }
}
