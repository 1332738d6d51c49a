using DurableSessions.Core.State;

namespace DurableSessions.Model.Tests.State;

/// <summary>A real manifest, and what the steps and properties ask of it, in numbers.</summary>
internal sealed class KnownManifest
{
    public KnownManifest(int id, Manifest manifest, Func<string, int> keyOf, SegmentLists lists)
    {
        Id = id;
        Manifest = manifest;
        Incarnation = Names.IncarnationOf(manifest.Incarnation);
        IsDeleted = manifest.DeletedAt is not null;
        Live = [.. manifest.Live.Select(s => keyOf(s.Name))];
        Cut = manifest.Cutting is { } cut ? Names.AttemptOf(cut.CommitId, cut.Attempt) : -1;
        Pending = [.. manifest.Pending.Select(p => Names.AttemptOf(p.CommitId, p.Attempt))];
        PendingSegments = [.. manifest.Pending.Select(p => lists.Intern([.. p.Segments.Select(keyOf)]))];
        Uncovered = [.. manifest.Uncovered.Select(static u => u.Number)];
        foreach (ClosedCommit closed in manifest.Closed)
        {
            Closed |= 1 << Names.AttemptOf(closed.CommitId, closed.Attempt);
        }

        Settings = manifest.Settings.AutoCommitPolicy?.KeepRecentCount ?? 0;
    }

    public int Id { get; }

    public Manifest Manifest { get; }

    public int Incarnation { get; }

    public bool IsDeleted { get; }

    public int[] Live { get; }

    /// <summary>The attempt whose cut it shows; -1: none.</summary>
    public int Cut { get; }

    public int CutCount => Manifest.Cutting!.Segments;

    public int[] Pending { get; }

    public int[] PendingSegments { get; }

    public int[] Uncovered { get; }

    public int Closed { get; }

    public int Settings { get; }

    public int Last => Live[^1];

    public bool IsOf(int incarnation) => !IsDeleted && Incarnation == incarnation;

    /// <summary>Where a commit stands among the pending ones; -1: it does not.</summary>
    public int FindPending(int commit) => Array.FindIndex(Pending, p => p / 2 == commit);

    public int NumberOf(int pending) => Manifest.Pending[pending].Number;

    public bool Keeps(int segment) => Manifest.Keeps(Names.Blob(segment));

    public bool IsLive(int segment) => Array.IndexOf(Live, segment) >= 0;

    public override string ToString() =>
        $"{(IsDeleted ? "tombstone " : "")}{Manifest.Incarnation} generation {Manifest.Generation}: "
        + $"live [{string.Join(", ", Live.Select(Names.Word))}]"
        + (Cut < 0 ? "" : $", cuts {CutCount} for {Manifest.Cutting!.CommitId}/{Manifest.Cutting.Attempt}")
        + $", pending [{string.Join(", ", Manifest.Pending.Select(static p => $"{p.CommitId}/{p.Attempt} as {p.Number}"))}]"
        + $", uncovered [{string.Join(", ", Uncovered)}], overview {Manifest.Overview?.Number ?? 0} of {Manifest.ArchiveCount}"
        + $", closed [{string.Join(", ", Manifest.Closed.Select(static c => $"{c.CommitId}/{c.Attempt}"))}], settings {Settings}";
}
