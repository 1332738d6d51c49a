using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DurableSessions.Http.Documentation;

/// <summary>
/// Adds parameters, bodies and responses to the OpenAPI document. ASP.NET Core cannot infer them: the routes parse requests and write
/// responses themselves, to keep messages byte for byte.
/// </summary>
internal sealed partial class OperationDocumentation : IOpenApiOperationTransformer
{
    private const string Json = "application/json";

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        string method = context.Description.HttpMethod ?? "";
        string path = "/" + (context.Description.RelativePath ?? "").TrimEnd('/');
        string name = $"{method} {path}";
        if (!RouteDescriptions.All.TryGetValue(name, out RouteDescription? route)
            && !MemoryRouteDescriptions.All.TryGetValue(name, out route)
            && !RecallRouteDescriptions.All.TryGetValue(name, out route)
            && !OrchestrationRouteDescriptions.All.TryGetValue(name, out route))
        {
            return Task.CompletedTask;
        }

        operation.Summary = route.Summary;
        operation.Description = route.Description;
        string relative = path.Replace("/api/v1", "", StringComparison.Ordinal);
        operation.OperationId = OperationName().Replace($"{method.ToLowerInvariant()}{relative}", "_").TrimEnd('_');
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
            yield return new OpenApiParameter
            {
                Name = name.Groups[1].Value,
                In = ParameterLocation.Path,
                Required = true,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
        }

        foreach ((string name, string example) in route.Query)
        {
            JsonNode? value = JsonNode.Parse(example);
            yield return new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Query,
                Example = value,
                Schema = ExampleSchema.Of(value),
            };
        }

        if (method == "POST" && route.HasEnvelope)
        {
            yield return new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Description =
                    "1 to 256 visible ASCII characters, honoured for at least 24 hours. A repetition with the same key and body "
                    + "returns the same response, and changes nothing; where that is a task, it is the task's present state. The same "
                    + "key with another body or path is answered with 400.",
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
                Content = result is null ? null : Content(route.HasEnvelope ? Envelope(result) : result, route.ContentType),
            },
        };
        (int Status, string Code, string Meaning)[] errors =
        [
            (400, "INVALID_ARGUMENT", "A field of the request is missing or not valid; details.validation_errors names it."),
            (401, "UNAUTHENTICATED", "The key is missing or not valid."),
            (403, "PERMISSION_DENIED", "The key gives no access to this, or an id contains '..' or a backslash."),
            .. route.Errors.Select(static e => Meaning(e)),
            (429, "RESOURCE_EXHAUSTED", "Too many requests, or too many pending commits; send the request again after Retry-After."),
            (500, "INTERNAL", "An internal error; the log has it under the request's id."),
            (503, "UNAVAILABLE", "Storage does not answer; send the request again after Retry-After."),
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

    private static JsonObject Envelope(JsonNode result) => new()
    {
        ["status"] = "ok",
        ["result"] = result,
        ["error"] = null,
        ["telemetry"] = null,
        ["profile"] = null,
    };

    private static (int Status, string Code, string Meaning) Meaning(ErrorCode code) => code switch
    {
        ErrorCode.NotFound => (404, "NOT_FOUND", "It does not exist, or it belongs to another user."),
        ErrorCode.AlreadyExists => (409, "ALREADY_EXISTS", "The id exists already."),
        ErrorCode.Gone => (410, "FAILED_PRECONDITION", "The instance has ended."),
        ErrorCode.FailedPrecondition => (412, "FAILED_PRECONDITION", "Its present state does not allow this."),
        ErrorCode.TooLarge => (413, "RESOURCE_EXHAUSTED", "The request is too large."),
        ErrorCode.DeadlineExceeded => (504, "DEADLINE_EXCEEDED", "The wait timed out; the commit goes on."),
        _ => (429, "RESOURCE_EXHAUSTED", "Too many requests, or too many pending commits; send the request again after Retry-After."),
    };

    private static Dictionary<string, OpenApiMediaType> Content(JsonNode? example, string type = Json) =>
        new() { [type] = new OpenApiMediaType { Example = example, Schema = ExampleSchema.Of(example) } };

    [GeneratedRegex(@"\{([a-z_]+)\}")]
    private static partial Regex PathParameter();

    [GeneratedRegex("[^A-Za-z]+")]
    private static partial Regex OperationName();
}
