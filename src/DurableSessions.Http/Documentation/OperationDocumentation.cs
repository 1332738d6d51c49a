using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DurableSessions.Http.Documentation;

/// <summary>
/// Fills in what the routes cannot say of themselves, since they read requests and write answers by hand: to the byte, as clients sent them.
/// </summary>
internal sealed partial class OperationDocumentation : IOpenApiOperationTransformer
{
    private const string Json = "application/json";

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        string method = context.Description.HttpMethod ?? "";
        string path = "/" + (context.Description.RelativePath ?? "").TrimEnd('/');
        string name = $"{method} {path}";
        if (!RouteDescriptions.All.TryGetValue(name, out RouteDescription? route) && !MemoryRouteDescriptions.All.TryGetValue(name, out route))
        {
            return Task.CompletedTask;
        }

        operation.Summary = route.Summary;
        operation.Description = route.Description;
        operation.OperationId = OperationName().Replace($"{method.ToLowerInvariant()}{path.Replace("/api/v1", "", StringComparison.Ordinal)}", "_").TrimEnd('_');
        operation.Tags = new HashSet<OpenApiTagReference> { new(route.Tag, context.Document) };
        operation.Parameters = [.. Parameters(method, path, route)];
        operation.RequestBody = route.Body is { } body ? new OpenApiRequestBody { Content = Content(JsonNode.Parse(body)) } : null;
        operation.Responses = Responses(route);
        return Task.CompletedTask;
    }

    private static IEnumerable<IOpenApiParameter> Parameters(string method, string path, RouteDescription route)
    {
        foreach (Match name in PathParameter().Matches(path))
        {
            yield return new OpenApiParameter { Name = name.Groups[1].Value, In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        foreach ((string name, string example) in route.Query)
        {
            JsonNode? value = JsonNode.Parse(example);
            yield return new OpenApiParameter { Name = name, In = ParameterLocation.Query, Example = value, Schema = ExampleSchema.Of(value) };
        }

        if (method == "POST" && route.HasEnvelope)
        {
            yield return new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Description = "1 to 256 visible ASCII characters, honoured for at least 24 hours. The same key with the same body gives the same answer, and changes nothing again; of a task, that is the task as it stands. With another body or path it is 400.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
        }
    }

    private static OpenApiResponses Responses(RouteDescription route)
    {
        JsonNode? result = route.Result is { } text ? JsonNode.Parse(text) : null;
        var responses = new OpenApiResponses
        {
            [route.Status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = "Done.",
                Content = result is null ? null
                    : Content(!route.HasEnvelope ? result : new JsonObject { ["status"] = "ok", ["result"] = result, ["error"] = null, ["telemetry"] = null, ["profile"] = null }),
            },
        };
        (int Status, string Code, string Meaning)[] errors =
        [
            (400, "INVALID_ARGUMENT", "Something in the request does not fit; details.validation_errors says what and where."),
            (401, "UNAUTHENTICATED", "The key is missing or wrong."),
            (403, "PERMISSION_DENIED", "The key does not open this, or an id looks like a way out."),
            .. route.Errors.Select(static e => Meaning(e)),
            (429, "RESOURCE_EXHAUSTED", "Too many requests, or too many commits that wait; Retry-After says when to come back."),
            (500, "INTERNAL", "A bug; the log has it under the request's id."),
            (503, "UNAVAILABLE", "Storage does not answer; Retry-After says when to come back."),
        ];
        foreach ((int status, string code, string meaning) in errors)
        {
            responses[status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = $"{code}: {meaning}",
                Content = Content(new JsonObject
                {
                    ["status"] = "error",
                    ["error"] = new JsonObject { ["code"] = code, ["message"] = meaning, ["details"] = new JsonObject() },
                }),
            };
        }

        return responses;
    }

    private static (int Status, string Code, string Meaning) Meaning(ErrorCode code) => code switch
    {
        ErrorCode.NotFound => (404, "NOT_FOUND", "There is none of that id, or it is somebody else's."),
        ErrorCode.AlreadyExists => (409, "ALREADY_EXISTS", "There is one of that id."),
        ErrorCode.Gone => (410, "FAILED_PRECONDITION", "It has ended."),
        ErrorCode.FailedPrecondition => (412, "FAILED_PRECONDITION", "It is not in a state for that."),
        ErrorCode.TooLarge => (413, "RESOURCE_EXHAUSTED", "The request is too large."),
        ErrorCode.DeadlineExceeded => (504, "DEADLINE_EXCEEDED", "It was waited for in vain; it goes on."),
        _ => (429, "RESOURCE_EXHAUSTED", "Too many requests, or too many commits that wait; Retry-After says when to come back."),
    };

    private static Dictionary<string, OpenApiMediaType> Content(JsonNode? example) =>
        new() { [Json] = new OpenApiMediaType { Example = example, Schema = ExampleSchema.Of(example) } };

    [GeneratedRegex(@"\{([a-z_]+)\}")]
    private static partial Regex PathParameter();

    [GeneratedRegex("[^A-Za-z]+")]
    private static partial Regex OperationName();
}
