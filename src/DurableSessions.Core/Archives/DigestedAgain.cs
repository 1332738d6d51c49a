using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Archives;

/// <summary>That an archive was digested again, and what came of it.</summary>
internal sealed record DigestedAgain
{
    /// <summary>The document that the archive had before; it stays.</summary>
    public required string Before { get; init; }

    /// <summary>When the document that stands now was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What the model has taken and given for it.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>What became of memories; <see langword="null"/> where they had been extracted before.</summary>
    public MemoryReport? Memories { get; init; }
}
