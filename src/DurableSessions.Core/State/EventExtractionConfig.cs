namespace DurableSessions.Core.State;

/// <summary>What a client asks of the extraction of events.</summary>
/// <param name="Tags">The tags of the events.</param>
public sealed record EventExtractionConfig(IReadOnlyList<string>? Tags);
