namespace DurableSessions.Http.Documentation;

/// <summary>The OpenAPI description of a route.</summary>
/// <param name="Tag">The group it belongs to.</param>
/// <param name="Summary">What the route does, in one line.</param>
/// <param name="Description">The details.</param>
/// <param name="Result">An example of the result, as JSON; the schema is derived from it. <see langword="null"/>: no body.</param>
/// <param name="Errors">The error codes of the route, beside those that all routes have.</param>
internal sealed record RouteDescription(string Tag, string Summary, string Description, string? Result, params ErrorCode[] Errors)
{
    /// <summary>An example of the request body, as JSON; <see langword="null"/> where the route needs none.</summary>
    public string? Body { get; init; }

    /// <summary>The query parameters: names, with examples as JSON.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the response has an envelope.</summary>
    public bool HasEnvelope { get; init; } = true;

    /// <summary>The content type of a success.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The HTTP status of a success.</summary>
    public int Status { get; init; } = 200;
}
