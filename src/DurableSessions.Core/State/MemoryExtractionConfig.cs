namespace DurableSessions.Core.State;

/// <summary>What a client asks of the extraction of memories; kept for it.</summary>
/// <param name="Events">What is asked of events.</param>
public sealed record MemoryExtractionConfig(EventExtractionConfig? Events);
