namespace DurableSessions.Core.Memories;

/// <summary>There is no such memory.</summary>
public sealed class MemoryNotFoundException(MemoryCategory category, string name)
    : Exception($"Memory not found: {category.ToString().ToLowerInvariant()}/{name}")
{
    /// <summary>The memory that was asked for.</summary>
    public string Resource { get; } = $"{category.ToString().ToLowerInvariant()}/{name}";
}

/// <summary>A memory is not, or not any more, as its writer thinks; nothing was changed.</summary>
public sealed class MemoryConditionException(string message) : Exception(message);
