using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>What a digest may do with its user's memories.</summary>
/// <param name="Categories">Those the session's policy allows; changes of others are skipped.</param>
/// <param name="ReadAsync">
/// Reads the memories there are in these categories, at most <see cref="MemoryLimits.MaxShown"/>: profile and preferences before others; of
/// each those that come from the owner alone first, then those changed last. The user's own alone; none where the policy allows none of
/// these. A digest that does not call it causes no request.
/// </param>
public sealed record MemoryExtraction(
    IReadOnlyList<MemoryCategory> Categories, Func<CancellationToken, Task<IReadOnlyList<Memory>>> ReadAsync)
{
    /// <summary>Whether the user's own memories may be changed; otherwise such changes are skipped.</summary>
    public bool AllowsOwn { get; init; } = true;

    /// <summary>
    /// Whether memories of the peers that the archive's messages name may be changed; otherwise such changes are skipped.
    /// </summary>
    public bool AllowsPeers { get; init; } = true;

    /// <summary>
    /// What the id of a session begins with that openclaw's tool <c>memory_store</c> makes for one text that it is asked to store.
    /// </summary>
    public const string StoreSession = "memory-store-";

    /// <summary>
    /// Whether the session is there to have what is said in it stored (<see cref="StoreSession"/>): each message is a memory, whatever it
    /// says.
    /// </summary>
    public bool StoresAll { get; init; }

    /// <summary>
    /// As <see cref="ReadAsync"/>, the memories of one peer, which a message that the digest has read names; none of any other peer.
    /// </summary>
    public Func<string, CancellationToken, Task<IReadOnlyList<Memory>>> ReadOfPeerAsync { get; init; } =
        static (_, _) => Task.FromResult<IReadOnlyList<Memory>>([]);
}
