namespace DurableSessions.Http;

/// <summary>What the host says of the API.</summary>
public sealed record DurableSessionsHttpOptions
{
    /// <summary>The version that <c>/health</c> reports.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// Whether the routes are mapped by which an operator reads and controls instances; not where the host serves those routes itself, as
    /// Azure Functions does.
    /// </summary>
    public bool MapsOrchestrations { get; init; } = true;
}
