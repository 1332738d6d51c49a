using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>What a key took back: the answer to its repetitions.</summary>
internal sealed record KeyedUndo : KeyedRequest
{
    public required MemoryDiff Diff { get; init; }
}
