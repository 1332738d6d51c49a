using Azure;

namespace DurableSessions.Core.Auditing;

/// <summary>A blob that no manifest, catalogue or commit refers to, as far as a first look says.</summary>
internal sealed record Orphan
{
    public required FindingKind Kind { get; init; }

    public required string? Session { get; init; }

    public required string Blob { get; init; }

    /// <summary>The blob that was looked at: another one under this name is no orphan.</summary>
    public required ETag ETag { get; init; }

    /// <summary>Since when it may have been an orphan.</summary>
    public required DateTimeOffset Since { get; init; }

    public required string What { get; init; }

    /// <summary>Looks at storage again: whether it is an orphan still.</summary>
    public required Func<CancellationToken, Task<bool>> IsStill { get; init; }

    /// <summary>Makes sure that no host can refer to it any more. False: a manifest or a catalogue does.</summary>
    public Func<CancellationToken, Task<bool>> Fence { get; init; } = static _ => Task.FromResult(true);
}
