using DurableSessions.Http.Limits;
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
    // The page sets styles from its scripts, which needs 'unsafe-inline' for them. It evaluates no text as a script.
    private const string ContentSecurityPolicyValue =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
        + "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src 'self'";

    /// <summary>Adds the services of the document.</summary>
    public static IServiceCollection AddApiDocumentation(this IServiceCollection services, string version)
    {
        services.AddSingleton<OpenApiText>();
        return services.AddOpenApi(OpenApiText.Name, options =>
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

                // The groups of the routes' own descriptions, and not the classes that have the routes.
                document.Tags = document.Paths.Values
                    .SelectMany(static path => path.Operations!.Values)
                    .SelectMany(static operation => operation.Tags!)
                    .Select(static tag => tag.Reference.Id!)
                    .Distinct()
                    .Select(static name => new OpenApiTag { Name = name })
                    .ToHashSet();

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
    }

    /// <summary>
    /// Maps both routes. Its Content-Security-Policy allows the page to load files only from this server, to run only the scripts that it
    /// was sent with, and no other page to frame it.
    /// </summary>
    public static IEndpointRouteBuilder MapApiDocumentation(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet($"/openapi/{OpenApiText.Name}.json", SendDocumentAsync).WithWeight(1).ExcludeFromDescription();
        endpoints.MapScalarApiReference("/docs", static options =>
        {
            options.Title = "Durable sessions";
            options.DefaultFonts = false;
            options.WithNonce();
        }).Add(static endpoint =>
        {
            RequestDelegate? page = endpoint.RequestDelegate;
            endpoint.RequestDelegate = http =>
            {
                http.Response.OnStarting(SetContentSecurityPolicy, http);
                return page!(http);
            };
        });
        return endpoints;
    }

    private static async Task<IResult> SendDocumentAsync(OpenApiText text, CancellationToken aborted) =>
        Results.Bytes(await text.GetAsync(aborted), "application/json;charset=utf-8");

    // Once the page is written: only then is the nonce of its scripts known.
    private static Task SetContentSecurityPolicy(object state)
    {
        var http = (HttpContext)state;
        string nonce = http.Items.TryGetValue(ScalarOptions.NonceHttpContextItemKey, out object? value) ? $" 'nonce-{value}'" : "";
        http.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicyValue + nonce;
        return Task.CompletedTask;
    }
}
