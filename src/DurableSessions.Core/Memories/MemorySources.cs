namespace DurableSessions.Core.Memories;

/// <summary>
/// Where the content of a memory may come from: everything that the question contained to which a model answered with it. A memory that
/// was merged has all sources of what was merged.
/// </summary>
/// <remarks>
/// Where a source may be unknown, the type is nullable. What was written before sources were recorded is unknown
/// (<see langword="null"/>): it is no memory of the owner alone. Documents and catalogues record the names.
/// </remarks>
[Flags]
public enum MemorySources
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The user whose memories these are: their own messages, or a request of their client that wrote the memory.</summary>
    Owner = 1,

    /// <summary>The assistant, which may repeat what tools and peers said.</summary>
    Assistant = 2,

    /// <summary>Output of tools: pages, files, shells. Also material that a client retrieved.</summary>
    Tool = 4,

    /// <summary>Another speaker of the conversation.</summary>
    Peer = 8,
}
