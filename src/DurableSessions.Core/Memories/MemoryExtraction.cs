using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>What a digest may do with its user's memories.</summary>
/// <param name="Categories">Those the session's policy allows; changes of others are skipped.</param>
/// <param name="ReadAsync">
/// Reads the memories there are in these categories, at most <see cref="MemoryLimits.MaxShown"/>: profile and preferences before others; of
/// each those that come from the owner alone first, then those changed last. A digest that does not call it causes no request.
/// </param>
public sealed record MemoryExtraction(
    IReadOnlyList<MemoryCategory> Categories, Func<CancellationToken, Task<IReadOnlyList<Memory>>> ReadAsync);
