namespace DurableSessions.Core.Memories;

/// <summary>What a digest wants done with a memory.</summary>
public enum MemoryOperation
{
    /// <summary>A new memory. Where one of that name has come to be, it is merged into that.</summary>
    Create,

    /// <summary>Its lines are added to those that are there, each once.</summary>
    Merge,

    /// <summary>It replaces what the digest has seen; what others changed since then is kept.</summary>
    Update,

    /// <summary>What the digest has seen is to be forgotten. Where others changed it since then, it stays.</summary>
    Delete,
}
