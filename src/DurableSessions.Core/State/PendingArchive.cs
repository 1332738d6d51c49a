using DurableSessions.Core.Identities;

namespace DurableSessions.Core.State;

/// <summary>An archive that is staged, cleared from live, and not yet switched.</summary>
internal sealed record PendingArchive
{
    public required CommitId CommitId { get; init; }

    public required int Attempt { get; init; }

    public required int Number { get; init; }

    public required StagedCounts Counts { get; init; }

    /// <summary>The segments this archive consumed, which the switch deletes.</summary>
    public required IReadOnlyList<string> Segments { get; init; }

    public required DateTimeOffset ClearedAt { get; init; }

    /// <summary>The tags of memories of events that its commit makes; <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? EventTags { get; init; }
}
