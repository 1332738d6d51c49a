using System.Runtime.CompilerServices;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.Context;

/// <summary>
/// Finds the entries of archives that an overview covers, which this host remembers for ten minutes: what a later digest of one says is
/// seen then, and of one that was put in place, or made again in place of a degraded one, at once.
/// </summary>
internal sealed class CoveredArchives(ArchiveStore archives, HostCache memory)
{
    /// <summary>The archives that one context looks at: the newest.</summary>
    public const int Max = 32;

    private const int ReadAtOnce = 8;

    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The newest archives, from one downwards, without gaps: it ends with the last that has not expired, before the first that has gone
    /// meanwhile, or after <see cref="Max"/>. Each that is not remembered costs one request, and another where an older version has
    /// switched it.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="newest">The number of the first.</param>
    /// <param name="counter">Counts each that costs a request, before it is read.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async IAsyncEnumerable<CoveredArchive> ReadAsync(
        SessionKey key, Manifest manifest, int newest, ReadCounter counter,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int count = Math.Clamp(newest - manifest.ExpiredArchives, 0, Max);
        foreach (int[] numbers in Enumerable.Range(0, count).Select(i => newest - i).Chunk(ReadAtOnce))
        {
            await counter.AddBlobsAsync(numbers.Count(n => !memory.TryGetValue(Name(key, manifest, n), out _)));
            foreach (CoveredArchive? archive in await Task.WhenAll(numbers.Select(n => FindAsync(key, manifest, n, cancellationToken))))
            {
                if (archive is null)
                {
                    yield break;
                }

                yield return archive;
            }
        }
    }

    private async Task<CoveredArchive?> FindAsync(SessionKey key, Manifest manifest, int number, CancellationToken cancellationToken)
    {
        object name = Name(key, manifest, number);
        if (memory.TryGetValue(name, out CoveredArchive? known))
        {
            return known;
        }

        if (await archives.FindEntryAsync(key, manifest.Incarnation, number, cancellationToken) is not { } entry)
        {
            return null;
        }

        string? line = entry.Abstract
            ?? (entry.Semantic is null ? null : await archives.FindAbstractAsync(entry.Semantic, cancellationToken));
        var commit = new CommitAttempt(key, manifest.Incarnation, entry.CommitId, entry.Attempt);
        var archive = new CoveredArchive(number, commit, entry.Counts.Bytes, line ?? "");
        MemoryCacheEntryOptions options = HostCache.Sized(HostCache.BytesOf(archive.Abstract));
        options.AbsoluteExpirationRelativeToNow = s_kept;
        return memory.Set(name, archive, options);
    }

    private static object Name(SessionKey key, Manifest manifest, int number) =>
        (nameof(CoveredArchives), key, manifest.Incarnation, number, manifest.DigestMark, manifest.DegradedFrom);
}
