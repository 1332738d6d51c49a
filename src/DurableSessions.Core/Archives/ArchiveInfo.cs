using DurableSessions.Core.State;

namespace DurableSessions.Core.Archives;

/// <summary>An archive, without its messages.</summary>
public sealed record ArchiveInfo
{
    /// <summary>From 1, without gaps.</summary>
    public required int Number { get; init; }

    /// <summary>The commit that made it.</summary>
    public required string TaskId { get; init; }

    /// <summary>How far it has been digested.</summary>
    public required ArchiveState State { get; init; }

    /// <summary>What it holds.</summary>
    public required StagedCounts Counts { get; init; }

    /// <summary>When it was switched; <see langword="null"/> while it is pending.</summary>
    public DateTimeOffset? SwitchedAt { get; init; }

    /// <summary>One line; empty while it has no digest of its own.</summary>
    public string Abstract { get; init; } = "";

    /// <summary>Markdown, of everything up to this archive; empty while it has no digest of its own.</summary>
    public string Overview { get; init; } = "";
}
