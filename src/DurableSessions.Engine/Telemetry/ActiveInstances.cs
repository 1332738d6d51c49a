namespace DurableSessions.Engine.Telemetry;

/// <summary>What a listing of the active instances has shown.</summary>
/// <param name="ByName">By the name of the orchestrator: how many there are, and when the oldest was scheduled.</param>
internal sealed record ActiveInstances(IReadOnlyDictionary<string, (int Count, DateTimeOffset Oldest)> ByName)
{
    public static ActiveInstances None { get; } = new(new Dictionary<string, (int, DateTimeOffset)>());

    /// <summary>Collects them, page by page.</summary>
    public sealed class Builder
    {
        private readonly Dictionary<string, (int Count, DateTimeOffset Oldest)> _byName = new(StringComparer.Ordinal);

        public void Add(string name, DateTimeOffset created) => _byName[name] = _byName.TryGetValue(name, out var seen)
            ? (seen.Count + 1, created < seen.Oldest ? created : seen.Oldest)
            : (1, created);

        public ActiveInstances Build() => new(_byName);
    }
}
