using DurableSessions.Core.Sessions;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Commits;

/// <summary>
/// Knows the fate of every commit: from the manifest while it is in work, from its record afterwards. The fate is decided by
/// one swap of the manifest, and the manifest forgets the commit only after the record is written.
/// </summary>
internal sealed class CommitLedger(ManifestStore manifests, ArchiveStore archives, SessionStorage storage, TimeProvider time)
{
    /// <summary>Why an attempt was closed that a later one replaces.</summary>
    public const string RetriedReason = "retried";

    private const int MaxAttempts = 40;

    /// <summary>The manifest of the session the commit was accepted for.</summary>
    /// <exception cref="SessionGoneException">It was deleted, or deleted and created again.</exception>
    public async Task<StoredManifest> OpenAsync(CommitInput commit, bool fresh, CancellationToken cancellationToken)
    {
        StoredManifest? stored = fresh
            ? await manifests.LoadAsync(commit.Session, cancellationToken)
            : await manifests.GetKnownAsync(commit.Session, cancellationToken);
        if (!fresh && !IsOf(commit, stored?.Manifest))
        {
            stored = await manifests.LoadAsync(commit.Session, cancellationToken);
        }

        return IsOf(commit, stored?.Manifest) ? stored! : throw new SessionGoneException(commit.Session);
    }

    /// <summary>Throws where a manifest met in a swap is not of the commit's session any more.</summary>
    public static void EnsureOf(CommitInput commit, Manifest manifest)
    {
        if (!IsOf(commit, manifest))
        {
            throw new SessionGoneException(commit.Session);
        }
    }

    /// <summary>
    /// The record of a commit that is over, of this attempt or of an earlier one that made an archive; <see langword="null"/>
    /// where this attempt is free to go on.
    /// </summary>
    public async Task<CommitRecord?> FindRecordAsync(CommitInput commit, CancellationToken cancellationToken)
    {
        for (int attempt = commit.Attempt; attempt >= 1; attempt--)
        {
            CommitRecord? record = await archives.FindRecordAsync(
                commit.Session, commit.Incarnation, commit.CommitId, attempt, cancellationToken);
            if (record is { Fate: CommitFate.Cancelled, Reason: RetriedReason } && attempt == commit.Attempt)
            {
                // Closed by an attempt after this one, which knows what became of the commit; or will.
                return await FindRecordAsync(new TaskReference(commit.CommitId, commit.Session, commit.Incarnation), cancellationToken);
            }

            if (record is not null && (attempt == commit.Attempt || record.Fate == CommitFate.Archived))
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>The newest record of a commit whose instance is forgotten, so that nobody says how many attempts it had.</summary>
    public async Task<CommitRecord?> FindRecordAsync(TaskReference reference, CancellationToken cancellationToken)
    {
        CommitRecord? newest = null;
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            CommitRecord? record = await archives.FindRecordAsync(
                reference.Session, reference.Incarnation, reference.CommitId, attempt, cancellationToken);
            if (record is null)
            {
                break;
            }

            newest = record;
        }

        return newest;
    }

    /// <summary>
    /// Closes an attempt that has cleared nothing: undoes its cut if it has one (the sealed segments stay live), and sees to it
    /// that it can never cut again, not even by a zombie that is about to swap. Where it is too late, returns
    /// <see langword="null"/>: the commit is pending, or has its archive.
    /// </summary>
    /// <remarks>
    /// A crash after the swap leaves the attempt in the manifest's list of closed ones, where every later run finds it and goes
    /// on from here; a crash after the record leaves an entry in that list which the next run takes out.
    /// </remarks>
    public async Task<CommitRecord?> CloseAsync(
        CommitInput commit, CommitFate fate, string? reason, IReadOnlyCollection<string> emptySegments, CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            StoredManifest stored = await OpenAsync(commit, fresh: attempt > 1, cancellationToken);
            Manifest manifest = stored.Manifest;
            if (manifest.FindPending(commit.CommitId) is not null)
            {
                return null;
            }

            if (manifest.FindClosed(commit.CommitId, commit.Attempt) is { } closed)
            {
                return await SettleAsync(commit, closed, emptySegments, cancellationToken);
            }

            // The record is looked for after the manifest was loaded, and the swap below matches that load's ETag.
            if (await FindRecordAsync(commit, cancellationToken) is { } record)
            {
                return record.Fate == CommitFate.Archived ? null : record;
            }

            // The cut may be an earlier attempt's, which a later one carried on: undone, neither may cut again.
            Cut? cut = manifest.Cutting?.CommitId == commit.CommitId ? manifest.Cutting : null;
            var close = new ClosedCommit(commit.CommitId, commit.Attempt, fate, reason);
            ClosedCommit[] closes = cut is null || cut.Attempt == commit.Attempt ? [close] : [close with { Attempt = cut.Attempt }, close];
            Manifest changed = manifest with
            {
                Cutting = cut is null ? manifest.Cutting : null,
                Live = cut is null ? manifest.Live : [.. manifest.Live.Where(s => !emptySegments.Contains(s.Name))],
                DecidedCount = manifest.DecidedCount + 1,
                Closed = [.. manifest.Closed, .. closes],
            };
            if (await manifests.TrySwapAsync(commit.Session, stored, changed, cancellationToken) is not null)
            {
                CommitRecord? settled = null;
                foreach (ClosedCommit one in closes)
                {
                    settled = await SettleAsync(commit, one, emptySegments, cancellationToken);
                }

                return settled;
            }

            await Backoff.WaitAsync(attempt, time, cancellationToken);
        }

        throw new ContentionException($"The manifest of session '{commit.Session.Session}' was changed by others {MaxAttempts} times in a row.");
    }

    // The record first, then the manifest forgets, then what the attempt staged is deleted.
    private async Task<CommitRecord> SettleAsync(
        CommitInput commit, ClosedCommit closed, IReadOnlyCollection<string> emptySegments, CancellationToken cancellationToken)
    {
        CommitRecord record = await archives.WriteRecordAsync(
            commit.Session,
            commit.Incarnation,
            new CommitRecord
            {
                CommitId = closed.CommitId,
                Attempt = closed.Attempt,
                Fate = closed.Fate,
                Reason = closed.Reason,
                DecidedAt = time.GetUtcNow(),
                Segments = [.. emptySegments],
            },
            cancellationToken);
        StoredManifest settled = await manifests.SwapAsync(
            commit.Session,
            m =>
            {
                EnsureOf(commit, m);
                return m.FindClosed(closed.CommitId, closed.Attempt) is null
                    ? null
                    : m with { Closed = [.. m.Closed.Where(c => c.CommitId != closed.CommitId || c.Attempt != closed.Attempt)] };
            },
            cancellationToken);
        string[] leftovers =
        [
            ArchiveStore.MessagesName(commit.Session, commit.Incarnation, closed.CommitId, closed.Attempt),
            ArchiveStore.RetainedName(commit.Session, commit.Incarnation, closed.CommitId, closed.Attempt),
            .. record.Segments.Where(name => settled.Manifest.Live.All(s => s.Name != name)),
        ];
        foreach (string name in leftovers)
        {
            await storage.Container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }

        return record;
    }

    private static bool IsOf(CommitInput commit, Manifest? manifest) =>
        manifest is { DeletedAt: null } && manifest.Incarnation == commit.Incarnation;
}
