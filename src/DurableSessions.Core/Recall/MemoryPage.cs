using DurableSessions.Core.Memories;

namespace DurableSessions.Core.Recall;

/// <summary>A page of a user's memories.</summary>
/// <param name="Items">In the order of category and name.</param>
/// <param name="HasMore">Whether there are more behind them.</param>
public sealed record MemoryPage(IReadOnlyList<MemoryInfo> Items, bool HasMore);
