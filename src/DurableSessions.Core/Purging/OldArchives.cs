using System.Runtime.CompilerServices;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Archives that were switched long ago, of sessions that live on. They are found by one listing for each 5,000 sessions that there are,
/// and, for each session whose manifest says that it has one, by a request for that, one for the names of its oldest archives, and one for
/// the entry of each that has expired and of the two or three that decide. A manifest that an earlier version wrote last is read.
/// </summary>
/// <remarks>
/// An archive does not expire while the context or a digest builds on it: that of the newest overview, the one before, and those from the
/// newest digest before that one on; nor while it, or one from whose digest it is made, is still to be digested again because the model was
/// away. So a session without new commits keeps its last archives; see <see cref="UnusedSessions"/>.
/// </remarks>
public sealed class OldArchives
{
    /// <summary>Archives that one swap of the manifest lets expire.</summary>
    internal const int AtOnce = 100;

    /// <summary>Archives of a session that one instance lets expire; the next purge goes on.</summary>
    internal const int MostAtOnce = AtOnce * ExpireArchivesOrchestrator.MaxRuns;

    private const int MaxPage = 5_000;

    private readonly ManifestListing _listing;
    private readonly ManifestStore _manifests;
    private readonly ArchiveStore _archives;
    private readonly EarlierDigests _earlier;
    private readonly OrchestrationClient _client;
    private readonly SessionOptions _options;
    private readonly ILogger<OldArchives> _logger;

    internal OldArchives(
        ManifestListing listing, ManifestStore manifests, ArchiveStore archives, EarlierDigests earlier, OrchestrationClient client,
        SessionOptions options, ILogger<OldArchives> logger)
    {
        _listing = listing;
        _manifests = manifests;
        _archives = archives;
        _earlier = earlier;
        _client = client;
        _options = options;
        _logger = logger;
    }

    /// <summary>Finds them, and changes nothing.</summary>
    /// <param name="retention">
    /// How long ago they were switched: 2 days at least, and a day more than <see cref="SessionOptions.IdempotencyWindow"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>
    /// The archives, those of a session in order, at most 10,000 of each: so many are deleted at once. Of one whose documents cannot be
    /// read there is none: the log has it.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The retention is too short.</exception>
    public IAsyncEnumerable<OldArchive> FindAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        EnsureLong(retention);
        return EnumerateAsync(retention, cancellationToken);
    }

    /// <summary>
    /// Starts to delete what <see cref="FindAsync(TimeSpan, CancellationToken)"/> finds, by an orchestration for each session: it looks
    /// once more. What an earlier one has left is deleted too.
    /// </summary>
    /// <param name="retention">As <see cref="FindAsync(TimeSpan, CancellationToken)"/> takes it.</param>
    /// <param name="cancellationToken">Ends it between two requests.</param>
    /// <returns>For how many sessions that was started.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The retention is too short.</exception>
    public async Task<int> DeleteAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        EnsureLong(retention);
        int started = 0;
        await foreach ((IReadOnlyList<OldManifest> page, DateTimeOffset before) in ListAsync(retention, cancellationToken))
        {
            foreach (OldManifest old in page)
            {
                started += await DeleteAsync(old.Session, before, cancellationToken) ? 1 : 0;
            }
        }

        return started;
    }

    internal async IAsyncEnumerable<(IReadOnlyList<OldManifest> Page, DateTimeOffset Before)> ListAsync(
        TimeSpan retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((IReadOnlyList<OldManifest> page, DateTimeOffset before) in _listing.ListAsync(retention, cancellationToken))
        {
            yield return ([.. page.Where(o => o.MayHaveArchivesBefore(before))], before);
        }
    }

    internal async Task<bool> DeleteAsync(SessionKey session, DateTimeOffset before, CancellationToken cancellationToken)
    {
        try
        {
            if (await LoadAsync(session, cancellationToken) is not { } manifest
                || (await FindAsync(session, manifest, before, most: 1, cancellationToken)).Entries.Count == 0)
            {
                return false;
            }

            await _client.ScheduleNewOrchestrationInstanceAsync(
                ExpireNames.ArchivesOrchestrator,
                new ExpireArchivesInput(session, manifest.Incarnation, before),
                new StartOrchestrationOptions(ExpireArchivesInput.InstanceIdOf(manifest.Incarnation))
                {
                    ReusableStatuses = [OrchestrationRuntimeStatus.Completed, .. OrchestrationRuntimeStatuses.Broken],
                    FairnessKey = session.Owner.ToString(),
                },
                cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // One that cannot be read holds up no other.
            _logger.OldArchivesKept(e, session);
            return false;
        }
    }

    /// <summary>Finds the oldest archives that are to be deleted.</summary>
    /// <param name="session">The session.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="before">Those that were switched before this.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async Task<FoundArchives> FindAsync(
        SessionKey session, Manifest manifest, DateTimeOffset before, int most, CancellationToken cancellationToken)
    {
        List<ArchiveEntry> entries = [];
        int? upTo = null;
        DateTimeOffset oldestAt = manifest.OldestArchiveAt ?? manifest.CreatedAt;
        int? firstKept = null;
        int pageSize = Math.Min(most + 1, MaxPage);
        await foreach (int number in _archives.ListNumbersAsync(session, manifest.Incarnation, pageSize, cancellationToken))
        {
            if (entries.Count == most)
            {
                break;
            }

            if (await _archives.FindEntryAsync(session, manifest.Incarnation, number, cancellationToken) is not { } entry)
            {
                // Another host has deleted it since the listing.
                continue;
            }

            if (number > manifest.ExpiredArchives)
            {
                oldestAt = entry.SwitchedAt;
                if (entry.SwitchedAt >= before || number > manifest.LastExpirable)
                {
                    break;
                }

                firstKept ??= await FindFirstKeptAsync(session, manifest, cancellationToken);
                if (number >= firstKept)
                {
                    break;
                }

                upTo = number;
            }

            entries.Add(entry);
        }

        return new FoundArchives(entries, upTo, oldestAt);
    }

    // The newest digest, or the oldest that is to be made again, is made from this archive and those after it.
    private async Task<int> FindFirstKeptAsync(SessionKey session, Manifest manifest, CancellationToken cancellationToken) =>
        await _earlier.FindBasisNumberAsync(session, manifest, manifest.LastExpirable + 2, cancellationToken) ?? 0;

    private async IAsyncEnumerable<OldArchive> EnumerateAsync(
        TimeSpan retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((IReadOnlyList<OldManifest> page, DateTimeOffset before) in ListAsync(retention, cancellationToken))
        {
            foreach (SessionKey session in page.Select(static o => o.Session))
            {
                foreach (ArchiveEntry entry in await FindOfAsync(session, before, cancellationToken))
                {
                    yield return new OldArchive(session, entry.Number, entry.SwitchedAt);
                }
            }
        }
    }

    private async Task<IReadOnlyList<ArchiveEntry>> FindOfAsync(
        SessionKey session, DateTimeOffset before, CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync(session, cancellationToken) is { } manifest
                ? (await FindAsync(session, manifest, before, most: MostAtOnce, cancellationToken)).Entries
                : [];
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _logger.OldArchivesKept(e, session);
            return [];
        }
    }

    private async Task<Manifest?> LoadAsync(SessionKey session, CancellationToken cancellationToken) =>
        await _manifests.LoadAsync(session, cancellationToken) is { Manifest: { DeletedAt: null, LastExpirable: > 0 } manifest }
            ? manifest
            : null;

    private void EnsureLong(TimeSpan retention) =>
        ArgumentOutOfRangeException.ThrowIfLessThan(retention, _options.LeastArchiveRetention);
}
