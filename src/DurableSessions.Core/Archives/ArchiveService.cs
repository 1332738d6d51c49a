using System.Runtime.CompilerServices;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Archives;

/// <summary>Reads archives: those switched, and those still pending.</summary>
public sealed class ArchiveService
{
    /// <summary>The most archives in one page of a listing.</summary>
    public const int MaxPage = 100;

    private const int ReadAtOnce = 8;

    private readonly ManifestStore _manifests;
    private readonly ArchiveStore _archives;

    internal ArchiveService(ManifestStore manifests, ArchiveStore archives)
    {
        _manifests = manifests;
        _archives = archives;
    }

    /// <summary>One archive.</summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArchiveNotFoundException">
    /// There is no archive of that number, or it has expired; also while its messages are read.
    /// </exception>
    public async Task<Archive> GetAsync(SessionKey key, int number, CancellationToken cancellationToken)
    {
        Manifest manifest = await _manifests.LoadLiveAsync(key, cancellationToken);
        (ArchiveInfo info, int attempt) = await FindAsync(key, manifest, number, withDigest: true, cancellationToken)
            ?? throw new ArchiveNotFoundException(key, number, await HasExpiredAsync(key, manifest.Incarnation, number, cancellationToken));
        var commit = new CommitAttempt(key, manifest.Incarnation, new CommitId(info.TaskId), attempt);
        return new Archive(info, ReadMessagesAsync(commit, number, cancellationToken));
    }

    /// <summary>
    /// Archives without their overviews, the newest first, to the oldest one that has not expired: one storage request for each, and
    /// another for each that an older version switched; at most 8 at once.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="limit">1 to <see cref="MaxPage"/>.</param>
    /// <param name="before">Only those of a smaller number; <see langword="null"/>: from the newest.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds.</exception>
    public async Task<IReadOnlyList<ArchiveInfo>> ListAsync(SessionKey key, int limit, int? before, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        Manifest manifest = await _manifests.LoadLiveAsync(key, cancellationToken);
        int newest = Math.Min(manifest.ArchiveCount, (before ?? int.MaxValue) - 1);
        var archives = new List<ArchiveInfo>();
        int count = Math.Clamp(newest - manifest.ExpiredArchives, 0, limit);
        foreach (int[] numbers in Enumerable.Range(0, count).Select(i => newest - i).Chunk(ReadAtOnce))
        {
            (ArchiveInfo Info, int Attempt)?[] found = await Task.WhenAll(
                numbers.Select(n => FindAsync(key, manifest, n, withDigest: false, cancellationToken)));
            archives.AddRange(found.OfType<(ArchiveInfo Info, int Attempt)>().Select(static f => f.Info));
        }

        return archives;
    }

    private async IAsyncEnumerable<SessionMessage> ReadMessagesAsync(
        CommitAttempt commit, int number, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<SessionMessage> messages =
            _archives.ReadMessagesAsync(commit, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync())
        {
            yield return messages.Current;
        }

        async Task<bool> MoveNextAsync()
        {
            try
            {
                return await messages.MoveNextAsync();
            }
            catch (BlobGoneException)
            {
                if (await HasExpiredAsync(commit.Session, commit.Incarnation, number, cancellationToken))
                {
                    throw new ArchiveNotFoundException(commit.Session, number, isExpired: true);
                }

                await _manifests.LoadLiveAsync(commit.Session, cancellationToken);
                throw;
            }
        }
    }

    private async Task<bool> HasExpiredAsync(SessionKey key, string incarnation, int number, CancellationToken cancellationToken) =>
        await _manifests.LoadAsync(key, cancellationToken) is { Manifest: var now }
            && now.Incarnation == incarnation && number >= 1 && number <= now.ExpiredArchives;

    private async Task<(ArchiveInfo Info, int Attempt)?> FindAsync(
        SessionKey key, Manifest manifest, int number, bool withDigest, CancellationToken cancellationToken)
    {
        if (manifest.Pending.FirstOrDefault(p => p.Number == number) is { } pending)
        {
            var info = new ArchiveInfo
            {
                Number = number,
                TaskId = pending.CommitId.Value,
                State = ArchiveState.Pending,
                Counts = pending.Counts,
            };
            return (info, pending.Attempt);
        }

        if (number <= manifest.ExpiredArchives || number > manifest.ArchiveCount
            || await _archives.FindEntryAsync(key, manifest.Incarnation, number, cancellationToken) is not { } entry)
        {
            return null;
        }

        SemanticDocument? digest = withDigest && entry.Semantic is not null
            ? await _archives.FindSemanticAsync(entry.Semantic, cancellationToken)
            : null;
        string? line = digest?.Abstract ?? entry.Abstract;
        if (line is null && !withDigest && entry.Semantic is not null)
        {
            line = await _archives.FindAbstractAsync(entry.Semantic, cancellationToken);
        }

        bool isUncovered = manifest.Uncovered.Any(u => u.Number == number);
        return (
            new ArchiveInfo
            {
                Number = number,
                TaskId = entry.CommitId.Value,
                State = isUncovered ? ArchiveState.Uncovered : entry.State == ArchiveState.Uncovered ? ArchiveState.Covered : entry.State,
                Counts = entry.Counts,
                SwitchedAt = entry.SwitchedAt,
                Abstract = line ?? "",
                Overview = digest?.Overview ?? "",
            },
            entry.Attempt);
    }
}
