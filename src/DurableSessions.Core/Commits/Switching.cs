using DurableSessions.Core.Sessions;

namespace DurableSessions.Core.Commits;

/// <summary>
/// Switches a pending archive: the record and the number are written, then one swap makes it the newest archive, then the
/// segments it consumed are deleted. Where a record is there, it decides: so everybody who switches a commit (its own
/// orchestration, its replay, or another commit that takes it for dead) does the same.
/// </summary>
/// <remarks>
/// A crash before the swap leaves the archive pending, with its record: run again, the record stands. A crash after it
/// leaves sealed segments that nobody names: run again, the record says which.
/// </remarks>
internal sealed class Switching(ManifestStore manifests, SegmentStore segments, ArchiveStore archives, TimeProvider time)
{
    /// <summary>Switches the archive of a commit that is pending.</summary>
    public async Task<CommitRecord> SwitchAsync(
        CommitInput commit, PendingArchive pending, SemanticOutcome outcome, CancellationToken cancellationToken)
    {
        CommitRecord record = await archives.WriteRecordAsync(
            commit.Session,
            commit.Incarnation,
            new CommitRecord
            {
                CommitId = pending.CommitId,
                Attempt = pending.Attempt,
                Fate = CommitFate.Archived,
                DecidedAt = time.GetUtcNow(),
                Number = pending.Number,
                StagedAttempt = pending.Attempt,
                Counts = pending.Counts,
                Segments = pending.Segments,
                State = outcome.State,
                Semantic = outcome.Semantic,
            },
            cancellationToken);
        await archives.WriteEntryAsync(commit.Session, commit.Incarnation, Entry(record), cancellationToken);
        await manifests.SwapAsync(
            commit.Session,
            manifest =>
            {
                CommitLedger.EnsureOf(commit, manifest);
                return manifest.FindPending(record.CommitId) is null ? null : Switch(manifest, record);
            },
            cancellationToken);
        return record;
    }

    /// <summary>
    /// Points an archive that was switched uncovered to a digest made later. Nothing happens where another commit's overview
    /// covers it by now.
    /// </summary>
    public async Task<CommitRecord> CoverAsync(CommitInput commit, CommitRecord record, SemanticOutcome outcome, CancellationToken cancellationToken)
    {
        CommitRecord covered = record with { State = outcome.State, Semantic = outcome.Semantic };
        if (outcome.Semantic is null || record.Number is not { } number)
        {
            return covered;
        }

        StoredManifest stored = await manifests.SwapAsync(
            commit.Session,
            manifest =>
            {
                CommitLedger.EnsureOf(commit, manifest);
                return manifest.Uncovered.All(u => u.Number != number) ? null : Cover(manifest, number, outcome.Semantic);
            },
            cancellationToken);
        if (stored.Manifest.Uncovered.All(u => u.Number != number))
        {
            await archives.AmendEntryAsync(commit.Session, commit.Incarnation, Entry(covered), cancellationToken);
        }

        return covered;
    }

    /// <summary>Deletes what a switched commit consumed. Idempotent.</summary>
    public async Task DeleteSegmentsAsync(CommitRecord record, CancellationToken cancellationToken)
    {
        foreach (string segment in record.Segments)
        {
            await segments.DeleteAsync(segment, cancellationToken);
        }
    }

    private static ArchiveEntry Entry(CommitRecord record) => new()
    {
        Number = record.Number!.Value,
        CommitId = record.CommitId,
        Attempt = record.Attempt,
        Counts = record.Counts!,
        SwitchedAt = record.DecidedAt,
        State = record.State!.Value,
        Semantic = record.Semantic,
    };

    private static Manifest Switch(Manifest manifest, CommitRecord record)
    {
        Manifest switched = manifest with { Pending = [.. manifest.Pending.Where(p => p.CommitId != record.CommitId)] };
        var archive = new ArchiveReference(record.Number!.Value, record.CommitId, record.Attempt);
        return record.Semantic is not null
            ? Cover(switched, archive.Number, record.Semantic)
            : switched with { Uncovered = [.. switched.Uncovered.Append(archive).OrderBy(static u => u.Number)] };
    }

    // A digest holds everything up to its archive: what was uncovered until there is covered now.
    private static Manifest Cover(Manifest manifest, int number, string semantic) => manifest with
    {
        Overview = manifest.Overview is { } newer && newer.Number > number ? newer : new OverviewReference(number, semantic),
        Uncovered = [.. manifest.Uncovered.Where(u => u.Number > number)],
    };
}
