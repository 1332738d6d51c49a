using System.Text.Json;
using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Deletion;

namespace DurableSessions.Server.Draining;

/// <summary>The instances of an engine that are not over, counted by the names of their orchestrators.</summary>
internal sealed class Remaining
{
    private static readonly string s_isRetained = JsonSerializer.Serialize(DeleteNames.Retained);

    private readonly SortedDictionary<string, int> _left = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _asleep = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether all that is left waits for a time of its own: watches of idle sessions, which the session's next message begins again, and
    /// the last step of deletions, which leaves tombstones.
    /// </summary>
    public bool IsDrained => _left.Count == 0;

    /// <summary>What is to end before the engine is exchanged.</summary>
    public string Left => Text(_left);

    /// <summary>What waits for its time.</summary>
    public string Asleep => Text(_asleep);

    /// <summary>Counts one more.</summary>
    /// <param name="name">Of its orchestrator; <see langword="null"/>: the listing lacks it.</param>
    /// <param name="customStatus">As JSON; <see langword="null"/>: it has none.</param>
    public void Add(string? name, string? customStatus)
    {
        bool isAsleep = name == IdleNames.Orchestrator || (name == DeleteNames.Orchestrator && customStatus == s_isRetained);
        SortedDictionary<string, int> counts = isAsleep ? _asleep : _left;
        string key = name ?? "unnamed";
        counts[key] = counts.GetValueOrDefault(key) + 1;
    }

    private static string Text(SortedDictionary<string, int> counts) =>
        counts.Count == 0 ? "0" : string.Join(", ", counts.Select(static c => $"{c.Value} {c.Key}"));
}
