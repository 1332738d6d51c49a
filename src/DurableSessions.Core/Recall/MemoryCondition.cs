namespace DurableSessions.Core.Recall;

/// <summary>What must hold for a memory to be written or deleted.</summary>
/// <param name="Version">It has this version.</param>
/// <param name="IsNew">It does not exist.</param>
public sealed record MemoryCondition(string? Version = null, bool IsNew = false);
