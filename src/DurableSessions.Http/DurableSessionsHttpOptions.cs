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
}
