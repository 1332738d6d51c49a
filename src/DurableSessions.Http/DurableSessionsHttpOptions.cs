using DurableSessions.Http.Limits;
using DurableSessions.Orchestration;

namespace DurableSessions.Http;

/// <summary>What the host gives the API.</summary>
public sealed record DurableSessionsHttpOptions
{
    /// <summary>The version that <c>/health</c> reports.</summary>
    public required string Version { get; init; }

    /// <summary>Checks storage; throws where it does not answer. Cancelled after 5 s.</summary>
    public required Func<CancellationToken, Task> CheckStorage { get; init; }

    /// <summary>Checks the engine; throws where it does not accept work. Cancelled after 5 s.</summary>
    public required Func<CancellationToken, Task> CheckEngine { get; init; }

    /// <summary>
    /// The engine's client, for the routes by which an operator reads and controls instances; <see langword="null"/> where the host
    /// serves those routes itself, as Azure Functions does.
    /// </summary>
    public Func<OrchestrationClient>? Orchestrations { get; init; }

    /// <summary>The limits of requests and connections.</summary>
    public HttpLimits Limits { get; init; } = new();
}
