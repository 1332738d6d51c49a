using Azure;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Appending;

/// <summary>
/// Appends the block of a group of requests to the session's last segment, and sends it again until storage has answered for each
/// request. One group of a session at a time.
/// </summary>
/// <remarks>
/// A crash before the append request leaves nothing; inside or after it, the block whole or not at all. <see cref="AppendRecovery"/>
/// finds out which, where this host has no answer.
/// </remarks>
internal sealed class GroupAppender(
    SessionKey key, CachedSession session, AppendRecovery recovery, ManifestStore manifests, SegmentStore segments, SegmentRoller roller,
    SessionCreator creator, SessionOptions options, TimeProvider time)
{
    private const int MaxUnknownOutcomes = 3;

    /// <summary>
    /// Returns once each request of the group is completed. Where it throws, those that are not completed are stored, or will be, whole or
    /// not at all.
    /// </summary>
    /// <exception cref="ContentionException">Others changed the session all the time.</exception>
    /// <exception cref="RequestFailedException">Storage refused the block, or did not answer several times in a row.</exception>
    public async Task AppendAsync(List<PendingAppend> group)
    {
        // Set while it is unknown whether the block was stored: until storage answers, it is sent to that position again, and to no
        // other, even where this host learns meanwhile that appends go on elsewhere.
        LiveView? unsure = null;
        int unknown = 0;
        StoredManifest? seen = null;
        for (int attempt = 1; group.Count > 0; attempt++)
        {
            if (attempt > AppendConflicts.Max)
            {
                throw AppendConflicts.TooMany(key);
            }

            LiveView view = unsure ?? await session.OpenAsync(seen, CancellationToken.None) ?? await CreateAsync();
            seen = null;
            if (unsure is null && !await session.TryResolveAsync(group, view))
            {
                // A segment that this host still believes in has gone.
                session.Invalidate();
                await Backoff.WaitAsync(attempt, time, CancellationToken.None);
                seen = await manifests.LoadAsync(key, CancellationToken.None);
                continue;
            }

            if (group.Count == 0)
            {
                return;
            }

            SegmentView last = view.Last;
            byte[] block = group.Count == 1 ? group[0].Block : PendingAppend.BlockOf([.. group.SelectMany(static a => a.Lines)]);
            try
            {
                (int blocks, last.WrittenAt) = await segments.AppendAsync(last.Reference, block, last.Length, CancellationToken.None);
                Acknowledge(group, view);
                if (blocks >= options.BlocksPerSegment)
                {
                    await roller.TryRollAsync(key, last.Name);
                }

                return;
            }
            catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsSealed() || e.IsFull())
            {
                // Another host has written here, sealed it, or filled it; or this one has, and the answer was lost. What this host does not
                // know of the segment says which: its own ids are in it, or they are not and never will be at that position.
                unsure = null;
                long known = last.Length;
                if (await recovery.FindInSegmentAsync(group, view) && (!e.IsConditionNotMet() || last.Length == known))
                {
                    await recovery.ContinueElsewhereAsync(group, view, isSealed: e.IsSealed());
                }
            }
            catch (RequestFailedException e) when (e.IsNotFound())
            {
                unsure = null;
                await recovery.FindInArchivesAsync(group, view);
            }
            catch (Exception e) when (StorageErrors.IsUnknownOutcome(e) && ++unknown < MaxUnknownOutcomes)
            {
                // Sent again at the same position: where it was applied after all, storage refuses that, and this host reads the segment.
                unsure = view;
            }

            await Backoff.WaitAsync(attempt, time, CancellationToken.None);
        }
    }

    private void Acknowledge(List<PendingAppend> group, LiveView view)
    {
        long end = view.Last.Length;
        foreach (PendingAppend append in group)
        {
            end += append.Block.Length;
            view.Last.Add([.. append.Lines.Select(static l => l.Shape)], append.Lines[^1].SaidAt, end);
            foreach (AppendLine line in append.Lines)
            {
                session.Add(line.Id);
            }
        }

        LiveCounts counts = LiveCounts.Of(view);
        foreach (PendingAppend append in group)
        {
            append.Complete(counts);
        }
    }

    private async Task<LiveView> CreateAsync()
    {
        await creator.EnsureAsync(key, CancellationToken.None);
        return await session.OpenAsync(seen: null, CancellationToken.None) ?? throw new SessionNotFoundException(key);
    }
}
