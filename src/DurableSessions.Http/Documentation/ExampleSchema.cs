using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace DurableSessions.Http.Documentation;

/// <summary>Derives a schema from an example. <c>null</c> in an example allows any value.</summary>
internal static class ExampleSchema
{
    public static OpenApiSchema Of(JsonNode? example) => example switch
    {
        JsonObject fields => new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = fields.ToDictionary(static f => f.Key, static f => (IOpenApiSchema)Of(f.Value)),
        },
        JsonArray items => new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Items = items is [{ } first, ..] ? Of(first) : new OpenApiSchema(),
        },
        JsonValue value => new OpenApiSchema { Type = Type(value) },
        _ => new OpenApiSchema(),
    };

    private static JsonSchemaType Type(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.String => JsonSchemaType.String,
        JsonValueKind.Number =>
            value.ToJsonString().Contains('.', StringComparison.Ordinal) ? JsonSchemaType.Number : JsonSchemaType.Integer,
        _ => JsonSchemaType.Boolean,
    };
}
