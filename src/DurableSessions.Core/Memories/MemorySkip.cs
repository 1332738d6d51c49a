using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>A change that was not made, or memories that were not extracted, and why.</summary>
/// <param name="Reason">For people.</param>
/// <param name="Category">Of the change; <see langword="null"/> where it is about all.</param>
/// <param name="Name">Of the change; <see langword="null"/> where it is about all.</param>
public sealed record MemorySkip(string Reason, MemoryCategory? Category = null, string? Name = null)
{
    /// <summary>Of the change; <see langword="null"/> where it is of the user's own memories, or about all.</summary>
    public string? Peer { get; init; }

    internal static MemorySkip Of(MemoryKey memory, string reason) => new(reason, memory.Category, memory.Name) { Peer = memory.Peer };
}
