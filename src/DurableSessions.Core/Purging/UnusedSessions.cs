using System.Runtime.CompilerServices;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Sessions in which nothing was written for long: no message, commit or change of settings. What only reads a session does not count. They
/// are found by one listing for each 5,000 sessions that there are, and, for each whose manifest is old, one request for that, one for each
/// of its open segments, and the entries and instances of its commits that are not purged.
/// </summary>
/// <remarks>
/// A session is used while a commit or a digest of it has not ended; while its manifest has a commit that an operator has terminated (the
/// session's next commit carries it on); and while it has live messages that are to be committed once it is idle.
/// </remarks>
public sealed class UnusedSessions
{
    private readonly ManifestListing _listing;
    private readonly ManifestStore _manifests;
    private readonly SegmentStore _segments;
    private readonly TaskIndex _tasks;
    private readonly OrchestrationClient _client;
    private readonly ILogger<UnusedSessions> _logger;

    internal UnusedSessions(
        ManifestListing listing, ManifestStore manifests, SegmentStore segments, TaskIndex tasks, OrchestrationClient client,
        ILogger<UnusedSessions> logger)
    {
        _listing = listing;
        _manifests = manifests;
        _segments = segments;
        _tasks = tasks;
        _client = client;
        _logger = logger;
    }

    /// <summary>Finds them, and changes nothing.</summary>
    /// <param name="retention">For how long nothing was written; by storage's clock, or this host's where that is behind.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The sessions. One whose documents cannot be read is not among them: the log has it.</returns>
    public async IAsyncEnumerable<UnusedSession> FindAsync(
        TimeSpan retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((IReadOnlyList<OldManifest> page, DateTimeOffset before) in ListAsync(retention, cancellationToken))
        {
            foreach (OldManifest old in page)
            {
                if (await TryAsync(old.Session, () => FindAsync(old, before, cancellationToken), cancellationToken) is { } found)
                {
                    yield return new UnusedSession(old.Session, found.LastWrittenAt);
                }
            }
        }
    }

    /// <summary>
    /// Starts to delete what <see cref="FindAsync(TimeSpan, CancellationToken)"/> finds, by an orchestration for each: it looks once more,
    /// and deletes the session as its user would.
    /// </summary>
    /// <param name="retention">For how long nothing was written.</param>
    /// <param name="cancellationToken">Ends it between two requests.</param>
    /// <returns>For how many sessions that was started.</returns>
    public async Task<int> DeleteAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        int started = 0;
        await foreach ((IReadOnlyList<OldManifest> page, DateTimeOffset before) in ListAsync(retention, cancellationToken))
        {
            foreach (OldManifest old in page)
            {
                started += await DeleteAsync(old, before, cancellationToken) ? 1 : 0;
            }
        }

        return started;
    }

    internal async IAsyncEnumerable<(IReadOnlyList<OldManifest> Page, DateTimeOffset Before)> ListAsync(
        TimeSpan retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((IReadOnlyList<OldManifest> page, DateTimeOffset before) in _listing.ListAsync(retention, cancellationToken))
        {
            yield return ([.. page.Where(o => o.WrittenAt < before)], before);
        }
    }

    internal async Task<bool> DeleteAsync(OldManifest old, DateTimeOffset before, CancellationToken cancellationToken) =>
        await TryAsync(
            old.Session,
            async () =>
            {
                if (await FindAsync(old, before, cancellationToken) is not { } found)
                {
                    return false;
                }

                var input = new ExpireInput(old.Session, found.Incarnation, found.Manifest, before);
                await _client.ScheduleNewOrchestrationInstanceAsync(
                    ExpireNames.Orchestrator,
                    input,
                    new StartOrchestrationOptions(input.InstanceId)
                    {
                        ReusableStatuses = [OrchestrationRuntimeStatus.Completed, .. OrchestrationRuntimeStatuses.Broken],
                        FairnessKey = old.Session.Owner.ToString(),
                    },
                    cancellationToken);
                return true;
            },
            cancellationToken);

    /// <summary>Seals the segments of a session, where it is unused.</summary>
    /// <returns>
    /// Whether it is, and was until its segments were sealed as they had been seen: no message can be stored in it without a swap of this
    /// manifest.
    /// </returns>
    internal async Task<bool> TrySealAsync(
        SessionKey session, StoredManifest stored, DateTimeOffset before, CancellationToken cancellationToken)
    {
        if (await FindOldAsync(stored.Manifest, before, cancellationToken) is not { } segments)
        {
            return false;
        }

        foreach (SeenSegment segment in segments.Where(static s => !s.IsSealed))
        {
            if (!await _segments.TrySealAsync(segment, cancellationToken))
            {
                return false;
            }
        }

        return !await IsBusyAsync(session, stored.Manifest.Incarnation, cancellationToken);
    }

    private async Task<(string Incarnation, string Manifest, DateTimeOffset LastWrittenAt)?> FindAsync(
        OldManifest old, DateTimeOffset before, CancellationToken cancellationToken) =>
        await _manifests.LoadAsync(old.Session, cancellationToken) is { } stored
            && old.Is(stored)
            && await FindOldAsync(stored.Manifest, before, cancellationToken) is { } segments
            && !await IsBusyAsync(old.Session, stored.Manifest.Incarnation, cancellationToken)
                ? (
                    stored.Manifest.Incarnation,
                    stored.ETag.ToString(),
                    segments.Select(static s => s.WrittenAt).Append(old.WrittenAt).Max())
                : null;

    // The open segments; null: one of them is not old, or the manifest has something to be done.
    private async Task<IReadOnlyList<SeenSegment>?> FindOldAsync(
        Manifest manifest, DateTimeOffset before, CancellationToken cancellationToken)
    {
        if (manifest.DeletedAt is not null || manifest.Cutting is not null || manifest.Pending.Count > 0)
        {
            return null;
        }

        bool isWatched = manifest.Settings.AutoCommitPolicy is { IdleTimeoutSeconds: > 0 };
        var segments = new List<SeenSegment>();

        // The last one is the newest: it is mostly the one that decides.
        foreach (SegmentReference segment in manifest.Live.Reverse())
        {
            if (segment.Immutable)
            {
                if (isWatched)
                {
                    return null;
                }

                continue;
            }

            if (await _segments.LookAsync(segment.Name, cancellationToken) is not { } seen
                || seen.WrittenAt >= before
                || (isWatched && seen.Length > 0))
            {
                return null;
            }

            segments.Add(seen);
        }

        return segments;
    }

    // What was accepted and has not ended is in no manifest yet.
    private async Task<bool> IsBusyAsync(SessionKey session, string incarnation, CancellationToken cancellationToken)
    {
        await foreach (TaskReference task in _tasks.ListAsync(session.Owner, session.Id, cancellationToken))
        {
            if (task.Incarnation == incarnation && await RunsAsync(task.CommitId.Value, cancellationToken))
            {
                return true;
            }
        }

        return await RunsAsync(new DigestAgainInput(session, incarnation).InstanceId, cancellationToken)
            || await IsDigestingAsync(incarnation, cancellationToken);
    }

    private async Task<bool> IsDigestingAsync(string incarnation, CancellationToken cancellationToken)
    {
        var running = new OrchestrationQuery
        {
            InstanceIdPrefix = DigestArchiveInput.PrefixOf(incarnation),
            Statuses = OrchestrationRuntimeStatuses.NotOver,
        };
        await foreach (OrchestrationPage page in _client.ListPagesAsync(running, cancellationToken))
        {
            if (page.Values.Count > 0)
            {
                return true;
            }
        }

        return false;
    }

    private async Task<bool> RunsAsync(string instanceId, CancellationToken cancellationToken) =>
        await _client.GetInstanceAsync(instanceId, cancellationToken) is { IsCompleted: false };

    // A session that cannot be read, or whose deletion cannot be started, holds up no other.
    private async Task<T?> TryAsync<T>(SessionKey session, Func<Task<T>> act, CancellationToken cancellationToken)
    {
        try
        {
            return await act();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _logger.UnusedSessionKept(e, session);
            return default;
        }
    }
}
