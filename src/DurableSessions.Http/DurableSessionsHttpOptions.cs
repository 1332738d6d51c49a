using DurableSessions.Http.Limits;
using DurableSessions.Orchestration;

namespace DurableSessions.Http;

/// <summary>What the API cannot know of its host.</summary>
public sealed record DurableSessionsHttpOptions
{
    /// <summary>The version that <c>/health</c> tells.</summary>
    public required string Version { get; init; }

    /// <summary>Ends well where storage answers, and throws where it does not. Given up after 5 s.</summary>
    public required Func<CancellationToken, Task> CheckStorage { get; init; }

    /// <summary>Ends well where the engine takes work, and throws where it does not. Given up after 5 s.</summary>
    public required Func<CancellationToken, Task> CheckEngine { get; init; }

    /// <summary>
    /// The engine, for an operator to look at instances and to steer them; <see langword="null"/> where the host serves those routes itself,
    /// as Azure Functions does.
    /// </summary>
    public Func<OrchestrationClient>? Orchestrations { get; init; }

    /// <summary>How much the host takes from clients.</summary>
    public HttpLimits Limits { get; init; } = new();
}
