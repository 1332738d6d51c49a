namespace DurableSessions.Orchestration;

/// <summary>One page of a listing.</summary>
/// <param name="Values">The instances.</param>
/// <param name="ContinuationToken">The token of the next page; <see langword="null"/> where this is the last page.</param>
public sealed record OrchestrationPage(IReadOnlyList<OrchestrationMetadata> Values, string? ContinuationToken);
