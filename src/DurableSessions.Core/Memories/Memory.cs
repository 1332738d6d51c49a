namespace DurableSessions.Core.Memories;

/// <summary>A memory.</summary>
/// <param name="Info">What it is.</param>
/// <param name="Content">Markdown.</param>
public sealed record Memory(MemoryInfo Info, string Content);
