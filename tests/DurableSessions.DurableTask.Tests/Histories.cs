using System.Collections.Concurrent;
using global::DurableTask.Core.History;

namespace DurableSessions.DurableTask.Tests;

/// <summary>What the in-memory service keeps and does not tell.</summary>
internal sealed class Histories
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<HistoryEvent>> _all = new();

    /// <summary>Whether clients get them.</summary>
    public bool AreGiven { get; set; } = true;

    public void Record(string instanceId, IEnumerable<HistoryEvent> events) => _all[instanceId] = [.. events];

    public IEnumerable<HistoryEvent> All => _all.Values.SelectMany(static events => events);

    public void Clear() => _all.Clear();

    public IReadOnlyList<HistoryEvent> Of(string instanceId) =>
        _all.TryGetValue(instanceId, out IReadOnlyList<HistoryEvent>? events) ? events : [];
}
