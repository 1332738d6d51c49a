namespace DurableSessions.Core.Memories;

/// <summary>What a commit did to memories.</summary>
/// <param name="Diff">What is different since, and what was not done.</param>
/// <param name="Blob">
/// Where that is written, as far as it is of the user's own memories; <see langword="null"/>: none of these is different.
/// </param>
/// <param name="PeersBlob">The same of memories of peers.</param>
internal sealed record AppliedMemories(MemoryDiff Diff, string? Blob, string? PeersBlob = null)
{
    /// <summary>What was done to both; <see langword="null"/>: a commit that was closed did nothing to either.</summary>
    public static AppliedMemories? Of(AppliedMemories? own, AppliedMemories? peers) =>
        own is null || peers is null
            ? own ?? (peers is null ? null : new AppliedMemories(peers.Diff, null, peers.Blob))
            : new AppliedMemories(own.Diff.With(peers.Diff), own.Blob, peers.Blob);
}
