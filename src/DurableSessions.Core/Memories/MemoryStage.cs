using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Memories;

/// <summary>
/// The part of the switch that applies a digest's changes to a catalogue: all of them by one swap, once for each commit, for ever.
/// The user's own memories and those of peers have one each: a commit that changes both is applied twice, each with its own diff, and
/// each application stands by itself. A swap that loses against another session's is merged again into what that one wrote.
/// </summary>
/// <remarks>
/// <para>
/// A commit is <i>open</i> for as long as its session's manifest says that its archive is still to be covered. It is closed by the swap
/// that covers it, which comes after this stage; what is closed never opens again. The catalogue names the commits whose changes are in
/// it, and a name is taken out only of a commit that is closed.
/// </para>
/// <para>
/// So, in this order: the catalogue is read; the commit is not in it; the manifest is read, and the commit is open; the swap matches the
/// ETag of the first reading. Had the changes been in at the first reading, their name would have been there, for the commit was open
/// even later. Had they come in after it, the swap would fail. A zombie that wakes up at any time fails at one of the three, and
/// the list is never longer than the commits that are on their way.
/// </para>
/// <para>What a crash leaves, request by request:</para>
/// <list type="bullet">
/// <item>before the catalogue's swap: versions that no catalogue names and no client reads; run again, everything is decided anew;</item>
/// <item>after it: the changes are in, with the commit's name and its diff: run again, it finds them, and goes on from there;</item>
/// <item>before or after the old versions are deleted: versions that no catalogue names;</item>
/// <item>before the diff is written: it is in the catalogue; after it: the session's swap is still to come, and run again, the name
/// in the catalogue answers.</item>
/// </list>
/// </remarks>
internal sealed class MemoryStage(
    MemoryCatalogues catalogues, MemoryContents contents, ManifestStore manifests, SessionStorage storage, TimeProvider time)
{
    private const int MaxAttempts = 40;

    /// <summary>
    /// Applies changes, unless that is done, or the commit is closed. What the commit did to memories; <see langword="null"/>: it is
    /// closed, and did nothing.
    /// </summary>
    /// <param name="session">The session that is committed.</param>
    /// <param name="incarnation">Which one of that id.</param>
    /// <param name="commitId">The commit.</param>
    /// <param name="shelf">The catalogue.</param>
    /// <param name="changes">What its digest asks for, of memories in that catalogue.</param>
    /// <param name="diffBlob">Where the diff is to be written.</param>
    /// <param name="again">
    /// The number of its archive, where that is digested again: the commit is then open while the manifest shows the archive as the oldest
    /// one to be.
    /// </param>
    /// <param name="cancellationToken">Stops waiting; the changes may be in or not.</param>
    /// <exception cref="ContentionException">Others changed the catalogue all the time.</exception>
    public async Task<AppliedMemories?> ApplyAsync(
        SessionKey session, string incarnation, CommitId commitId, MemoryShelf shelf, IReadOnlyList<MemoryChange> changes,
        string diffBlob, int? again, CancellationToken cancellationToken)
    {
        UserKey user = session.Owner;
        StoredCatalogue? lost = null;
        StoredCatalogue? damaged = null;
        List<MemoryInfo> written = [];
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            StoredCatalogue stored = await catalogues.LoadAsync(user, shelf, cancellationToken);
            if (stored.Catalogue.Applied.FirstOrDefault(a => IsOf(a, session, incarnation, commitId)) is { } applied)
            {
                return new AppliedMemories(await WriteDiffAsync(applied, cancellationToken), applied.DiffBlob);
            }

            if (lost is not null && lost.ETag != stored.ETag)
            {
                // The catalogue that would have named them can never come into force.
                await contents.DeleteAsync(user, written, cancellationToken);
            }

            if (await OpenAsync(session, incarnation, cancellationToken) is not { } manifest || !manifest.IsOpen(commitId, again))
            {
                return await FindDiffAsync(diffBlob, cancellationToken) is { } known ? new AppliedMemories(known, diffBlob) : null;
            }

            IReadOnlyList<AppliedCommit> open = await OpenOnesAsync(stored.Catalogue, cancellationToken);
            if (open.Count >= MemoryLimits.MaxUnended)
            {
                return Refuse(commitId, $"{open.Count} commits that changed memories have not ended, which is the most");
            }

            written = [];
            var draft = new MemoryDraft(user, stored.Catalogue, contents, time.GetUtcNow())
            {
                // A version that is gone is one of an old catalogue; if it is named still, it was lost, and what is wanted stands alone.
                ToleratesLoss = damaged is not null && damaged.ETag == stored.ETag,
            };
            try
            {
                foreach (MemoryChange change in changes)
                {
                    await draft.ApplyAsync(change, cancellationToken);
                }
            }
            catch (MemoryVersionGoneException)
            {
                damaged = stored;
                await Backoff.WaitAsync(attempt, time, cancellationToken);
                continue;
            }

            MemoryDiff diff = draft.Diff(commitId);
            if (diff.Changes.Count == 0)
            {
                return new AppliedMemories(diff, null);
            }

            var entry = new AppliedCommit
            {
                Session = session,
                Incarnation = incarnation,
                CommitId = commitId,
                DiffBlob = diffBlob,
                Diff = diff,
                IsLate = manifest.FindPending(commitId) is null,
                Again = again,
            };
            MemoryCatalogue next = await draft.WriteAsync(commitId.Value, session.Id, written, cancellationToken)
                with
            { Applied = [.. open, entry] };
            if (await catalogues.TrySwapAsync(user, shelf, stored, next, cancellationToken))
            {
                await contents.DeleteAsync(user, draft.Superseded(), cancellationToken);
                return new AppliedMemories(await WriteDiffAsync(entry, cancellationToken), diffBlob);
            }

            lost = stored;
            await Backoff.WaitAsync(attempt, time, cancellationToken);
        }

        throw new ContentionException($"The memories of user '{user}' were changed by others {MaxAttempts} times in a row.");
    }

    /// <summary>What a commit did to memories, once it is written.</summary>
    public Task<MemoryDiff?> FindDiffAsync(string diffBlob, CancellationToken cancellationToken) =>
        storage.Container.FindAsync<MemoryDiff>(diffBlob, cancellationToken);

    /// <summary>The answer where none of a commit's changes can be made, with the reason.</summary>
    public AppliedMemories Refuse(CommitId commitId, string reason) => new(
        new MemoryDiff { CommitId = commitId, AppliedAt = time.GetUtcNow(), Changes = [], Skipped = [new MemorySkip(reason)] }, null);

    // No host applies the changes of a closed commit again.
    private async Task<IReadOnlyList<AppliedCommit>> OpenOnesAsync(MemoryCatalogue catalogue, CancellationToken cancellationToken)
    {
        var open = new List<AppliedCommit>();
        foreach (AppliedCommit applied in catalogue.Applied)
        {
            Manifest? manifest = await OpenAsync(applied.Session, applied.Incarnation, cancellationToken);
            if (manifest?.IsOpen(applied.CommitId, applied.Again) == true)
            {
                open.Add(applied);
            }
            else if (manifest is not null && applied.IsLate)
            {
                await WriteDiffAsync(applied, cancellationToken);
            }
        }

        return open;
    }

    // Read from storage: a manifest that this host remembers may be older than the commit.
    private async Task<Manifest?> OpenAsync(SessionKey session, string incarnation, CancellationToken cancellationToken) =>
        await manifests.LoadAsync(session, cancellationToken) is { Manifest: { DeletedAt: null } manifest }
            && manifest.Incarnation == incarnation
            ? manifest
            : null;

    private async Task<MemoryDiff> WriteDiffAsync(AppliedCommit applied, CancellationToken cancellationToken) =>
        await storage.Container.WriteOnceAsync(applied.DiffBlob, applied.Diff, cancellationToken);

    private static bool IsOf(AppliedCommit applied, SessionKey session, string incarnation, CommitId commitId) =>
        applied.CommitId == commitId && applied.Session == session && applied.Incarnation == incarnation;
}
