using DurableSessions.Core.Archives;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Commits;

/// <summary>
/// Knows the fate of every commit: from the manifest while it is in work, from its record afterwards. The fate is decided by
/// one swap of the manifest, and the manifest forgets the commit only after the record is written.
/// </summary>
internal sealed class CommitLedger(ManifestStore manifests, ArchiveStore archives, SessionStorage storage, TimeProvider time)
{
    private const int MaxAttempts = 40;

    /// <summary>The manifest of the session the commit was accepted for.</summary>
    /// <exception cref="SessionGoneException">It was deleted, or deleted and created again.</exception>
    public async Task<StoredManifest> OpenAsync(CommitAttempt commit, bool fresh, CancellationToken cancellationToken)
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

    /// <summary>Applies a transition of the commit to the manifest, starting from what this host knows.</summary>
    /// <exception cref="SessionGoneException">The session was deleted, or deleted and created again.</exception>
    public async Task<StoredManifest> ApplyAsync(
        CommitAttempt commit, Func<Manifest, Transition> transition, CancellationToken cancellationToken) =>
        await manifests.ApplyAsync(commit.Session, transition, cancellationToken) ?? throw new SessionGoneException(commit.Session);

    /// <summary>
    /// The record of a commit that is over, of this attempt or of an earlier one that made an archive; <see langword="null"/>
    /// where this attempt is free to go on.
    /// </summary>
    public async Task<CommitRecord?> FindRecordAsync(CommitAttempt commit, CancellationToken cancellationToken)
    {
        for (int attempt = commit.Attempt; attempt >= 1; attempt--)
        {
            CommitRecord? record = await archives.FindRecordAsync(commit with { Attempt = attempt }, cancellationToken);
            if (record is { IsRetried: true } && attempt == commit.Attempt)
            {
                // Closed by an attempt after this one, which knows what became of the commit; or will.
                return await FindNewestRecordAsync(commit, cancellationToken);
            }

            if (record is not null && (attempt == commit.Attempt || record.Fate == CommitFate.Archived))
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>The newest record of a commit, of any attempt: where its instance was purged, no host knows how many it had.</summary>
    public async Task<CommitRecord?> FindNewestRecordAsync(CommitAttempt commit, CancellationToken cancellationToken)
    {
        CommitRecord? newest = null;
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            CommitRecord? record = await archives.FindRecordAsync(commit with { Attempt = attempt }, cancellationToken);
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
        CommitAttempt commit, CommitFate fate, string? reason, IReadOnlyCollection<string> emptySegments,
        CancellationToken cancellationToken)
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

            if (await manifests.TryApplyAsync(
                commit.Session, stored, m => Transitions.Close(m, commit, fate, reason, emptySegments), cancellationToken) is { } swapped)
            {
                CommitRecord? settled = null;
                foreach (ClosedCommit one in swapped.Manifest.Closed.Except(manifest.Closed))
                {
                    settled = await SettleAsync(commit, one, emptySegments, cancellationToken);
                }

                return settled;
            }

            await Backoff.WaitAsync(attempt, time, cancellationToken);
        }

        throw new ContentionException(
            $"The manifest of session '{commit.Session.Id}' was changed by others {MaxAttempts} times in a row.");
    }

    // The record first, then the manifest forgets, then what the attempt staged is deleted.
    private async Task<CommitRecord> SettleAsync(
        CommitAttempt commit, ClosedCommit closed, IReadOnlyCollection<string> emptySegments, CancellationToken cancellationToken)
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
        CommitAttempt attempt = commit with { CommitId = closed.CommitId, Attempt = closed.Attempt };
        StoredManifest settled = await ApplyAsync(commit, m => Transitions.Settle(m, attempt), cancellationToken);
        string[] leftovers =
        [
            ArchiveStore.MessagesName(attempt),
            BlobNames.Retained(attempt),
            .. record.Segments.Where(name => settled.Manifest.Live.All(s => s.Name != name)),
        ];
        foreach (string name in leftovers)
        {
            await storage.Container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }

        return record;
    }

    private static bool IsOf(CommitAttempt commit, Manifest? manifest) =>
        manifest is { DeletedAt: null } && manifest.Incarnation == commit.Incarnation;
}
