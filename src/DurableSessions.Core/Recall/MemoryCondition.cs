namespace DurableSessions.Core.Recall;

/// <summary>What must hold for a memory to be written or deleted.</summary>
/// <param name="Version">It has this version.</param>
/// <param name="IsNew">There is none.</param>
public sealed record MemoryCondition(string? Version = null, bool IsNew = false);
