using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>There is no such memory.</summary>
public sealed class MemoryNotFoundException(MemoryCategory category, string name)
    : Exception($"Memory not found: {category.ToString().ToLowerInvariant()}/{name}")
{
    /// <summary>The memory that was asked for.</summary>
    public string Resource { get; } = $"{category.ToString().ToLowerInvariant()}/{name}";
}
