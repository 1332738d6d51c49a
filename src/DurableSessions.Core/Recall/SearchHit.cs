using DurableSessions.Core.Memories;

namespace DurableSessions.Core.Recall;

/// <summary>Something that was found: a memory or an archive.</summary>
/// <param name="Score">How well it fits; only to be compared with others of the same search.</param>
/// <param name="Memory">The memory, if it is one.</param>
/// <param name="Archive">The archive, if it is one.</param>
public sealed record SearchHit(double Score, MemoryInfo? Memory, ArchiveHit? Archive);
