namespace DurableSessions.Http.Documentation;

/// <summary>What the OpenAPI document says of a route beside its path.</summary>
/// <param name="Tag">The group it belongs to.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Description">What one has to know besides.</param>
/// <param name="Result">An example of its result, as JSON; the schema follows from it.</param>
/// <param name="Errors">Codes that it may answer with, beside those that every route has.</param>
internal sealed record RouteDescription(string Tag, string Summary, string Description, string? Result, params ErrorCode[] Errors)
{
    /// <summary>An example of a body that it takes, as JSON.</summary>
    public string? Body { get; init; }

    /// <summary>What its query takes: names, with examples as JSON.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the result stands in the envelope.</summary>
    public bool HasEnvelope { get; init; } = true;

    /// <summary>The status of a success.</summary>
    public int Status { get; init; } = 200;
}
