using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Merging;

/// <summary>
/// Makes one segment of several of a user's index, and takes archives that are gone out of merged segments. One at a time on a host: memory
/// holds what <see cref="SegmentMerger"/> says of segments of <see cref="MergePlan.MaxBytes"/> together, of each input two windows of
/// <see cref="ReadAheadSegment.WindowBytes"/>, and a block of the result: about 370 MiB at most, for messages of one word each.
/// </summary>
/// <remarks>
/// <para>
/// Every archive that is in the index and lives is in at least one segment at each moment, and a listing that goes on meanwhile shows one
/// of them. The name of a segment says what it was made of: the same inputs and the same archives of them, so the same bytes, whichever
/// host writes it and however often. It has a greater depth than its inputs, which are deleted only once it is there. So of all segments
/// that ever had an archive the last one, by depth and then by the fewest archives, is never deleted for another one's sake: not by a host
/// that was stalled, nor by a request that arrives late. What those write is a segment that was there before: its archives are counted
/// once, and it is merged in its turn.
/// </para>
/// <para>What a crash leaves, request by request:</para>
/// <list type="bullet">
/// <item>before the output is complete: the inputs, and blocks that storage forgets;</item>
/// <item>after it: the inputs and the output. Run again, the merge finds it;</item>
/// <item>while the inputs are deleted: some of them, and the output. Run again, the rest is deleted.</item>
/// </list>
/// <para>
/// An archive that is deleted, or expires, while it is merged: the manifests of the output's sessions are read once more when it is
/// written. Either they show that, and the output is made again without it; or the deletion came after the output, and finds it.
/// </para>
/// </remarks>
internal sealed class IndexMerger(SessionStorage storage, ManifestStore manifests, ILogger<IndexMerger> logger) : IDisposable
{
    // As many times an archive of the same few segments may go while they are merged.
    private const int MaxAttempts = 10;

    private const int MaxPasses = 10;

    private const int DeletedAtOnce = 8;

    private readonly SemaphoreSlim _one = new(1);

    public void Dispose() => _one.Dispose();

    /// <summary>The segments of a user's index that may be merged, in the order of their names.</summary>
    /// <param name="user">The user.</param>
    /// <param name="prefix">All of them, or <see cref="BlobNames.MergedOfUser"/>.</param>
    /// <param name="cancellationToken">Stops listing.</param>
    public async IAsyncEnumerable<ListedSegment> ListAsync(
        UserKey user, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, cancellationToken))
        {
            if (DepthOf(blob.Name) is not null)
            {
                yield return ListedSegment.Of(blob);
            }
        }
    }

    /// <summary>Makes one segment of several, without the archives that are gone. The inputs stay.</summary>
    /// <exception cref="ContentionException">One of its archives after the other was deleted meanwhile.</exception>
    public async Task<MergedSegments> MergeAsync(MergeGroup group, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            return await MergeReadableAsync(group, cancellationToken);
        }
        catch (BlobGoneException)
        {
            // Another host has merged it, or it was deleted with its session.
            return new MergedSegments(group.User, [], [], null, 0);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Deletes segments that were merged.</summary>
    /// <returns>Whether they are; false: what was made of them has gone or cannot be read, and they stay.</returns>
    public async Task<bool> DeleteAsync(MergedSegments merged, CancellationToken cancellationToken)
    {
        if (merged.Output is { } output)
        {
            try
            {
                await SegmentReader.ReadArchivesAsync(Bytes(output, merged.OutputBytes), cancellationToken);
            }
            catch (BlobGoneException)
            {
                return false;
            }
            catch (FormatException e)
            {
                logger.SegmentUnreadable(e, merged.User, output);
                return false;
            }
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = DeletedAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(merged.Merged, options, async (name, token) => await DeleteAsync(name, token));
        logger.SegmentsMerged(merged.User, merged.Merged.Count, merged.Output);
        return true;
    }

    /// <summary>
    /// Takes archives that are gone out of the merged segments: each segment that has one is written anew without any that is gone. Costs
    /// a listing, and two small reads for each merged segment, where there is nothing to do.
    /// </summary>
    /// <param name="user">Whose segments.</param>
    /// <param name="isGone">What is to be taken out. Their manifest says so already: what is merged from now on does not have them.</param>
    /// <param name="cancellationToken">Ends it; run again, it does the rest.</param>
    /// <exception cref="ContentionException">Segments were merged all the time.</exception>
    public async Task CleanAsync(UserKey user, Predicate<SegmentArchive> isGone, CancellationToken cancellationToken)
    {
        var unreadable = new HashSet<string>(StringComparer.Ordinal);
        for (int pass = 1; pass <= MaxPasses; pass++)
        {
            bool isClean = true;
            await foreach (ListedSegment segment in ListAsync(user, BlobNames.MergedOfUser(user), cancellationToken))
            {
                if (!unreadable.Contains(segment.Name) && await HasAsync(user, segment, isGone, unreadable, cancellationToken))
                {
                    isClean = false;
                    MergedSegments cleaned = await MergeAsync(new MergeGroup(user, [segment]), cancellationToken);
                    unreadable.UnionWith(cleaned.Unreadable);
                    if (cleaned.Merged.Count > 0)
                    {
                        await DeleteAsync(cleaned, cancellationToken);
                    }
                }
            }

            if (isClean)
            {
                return;
            }
        }

        throw MovingIndex.Contention(user, MaxPasses);
    }

    /// <summary>The archives that a segment has.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    /// <exception cref="BlobGoneException">It is gone itself.</exception>
    public Task<IReadOnlyList<SegmentArchive>> ReadArchivesAsync(ListedSegment segment, CancellationToken cancellationToken) =>
        SegmentReader.ReadArchivesAsync(Bytes(segment.Name, segment.Bytes), cancellationToken);

    /// <summary>Whether a segment has an archive that is gone, and how many it has; what is damaged throws.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    /// <exception cref="BlobGoneException">It is gone itself.</exception>
    public async Task<(int Gone, int All)> CountGoneAsync(UserKey user, ListedSegment segment, CancellationToken cancellationToken)
    {
        IReadOnlyList<SegmentArchive> archives = await ReadArchivesAsync(segment, cancellationToken);
        var living = new LivingArchives(manifests, user);
        await living.ReadAsync(archives, cancellationToken);
        return (archives.Count(living.IsGone), archives.Count);
    }

    // True also of one that has gone: what it has become is looked at by another pass.
    private async Task<bool> HasAsync(
        UserKey user, ListedSegment segment, Predicate<SegmentArchive> isGone, HashSet<string> unreadable,
        CancellationToken cancellationToken)
    {
        try
        {
            return (await ReadArchivesAsync(segment, cancellationToken)).Any(a => isGone(a));
        }
        catch (BlobGoneException)
        {
            return true;
        }
        catch (FormatException e)
        {
            logger.SegmentUnreadable(e, user, segment.Name);
            unreadable.Add(segment.Name);
            return false;
        }
    }

    private async Task<MergedSegments> MergeReadableAsync(MergeGroup group, CancellationToken cancellationToken)
    {
        UserKey user = group.User;
        var inputs = new List<(ListedSegment Segment, SegmentReader Reader)>();
        var unreadable = new List<string>();
        foreach (ListedSegment segment in group.Segments.OrderBy(static s => s.Name, StringComparer.Ordinal))
        {
            try
            {
                var bytes = new ReadAheadSegment(Bytes(segment.Name, segment.Bytes));
                inputs.Add((segment, await SegmentReader.OpenAsync(bytes, cancellationToken)));
            }
            catch (FormatException e)
            {
                Leave(segment, e);
            }
        }

        var living = new LivingArchives(manifests, user);
        await living.ReadAsync(inputs.SelectMany(static i => i.Reader.Archives), cancellationToken);
        bool isWorthIt = inputs.Count > 1 || inputs.Any(i => i.Reader.Archives.Any(living.IsGone));
        string? outdated = null;
        for (int attempt = 1; isWorthIt && attempt <= MaxAttempts; attempt++)
        {
            SegmentArchive[] kept = [.. inputs.SelectMany(static i => i.Reader.Archives).Where(a => !living.IsGone(a)).Distinct()];
            string? output = kept.Length == 0 ? null : NameOf(user, inputs.Select(static i => i.Segment.Name), kept);
            long length = 0;
            try
            {
                length = output is null ? 0 : await WriteAsync(output, [.. inputs.Select(static i => i.Reader)], kept, cancellationToken);
            }
            catch (FormatException e)
            {
                // Its postings are checked only by reading them all. The others are merged by the next plan.
                foreach ((ListedSegment segment, SegmentReader reader) in inputs)
                {
                    if (await FindDamageAsync(reader, cancellationToken) is { } damage)
                    {
                        Leave(segment, damage);
                    }
                }

                return unreadable.Count > 0
                    ? new MergedSegments(user, [], unreadable, null, 0)
                    : throw new InvalidOperationException($"Segment '{output}' cannot be written: {e.Message}", e);
            }

            if (outdated is not null)
            {
                await DeleteAsync(outdated, cancellationToken);
            }

            await living.ReadAsync(kept, cancellationToken);
            if (!kept.Any(living.IsGone))
            {
                return new MergedSegments(user, [.. inputs.Select(static i => i.Segment.Name)], unreadable, output, length);
            }

            outdated = output;
        }

        return isWorthIt
            ? throw new ContentionException($"Archives of user '{user}' were deleted {MaxAttempts} times while they were merged.")
            : new MergedSegments(user, [], unreadable, null, 0);

        void Leave(ListedSegment segment, FormatException damage)
        {
            logger.SegmentUnreadable(damage, user, segment.Name);
            unreadable.Add(segment.Name);
        }
    }

    private async Task<long> WriteAsync(
        string name, IReadOnlyList<SegmentReader> inputs, SegmentArchive[] kept, CancellationToken cancellationToken)
    {
        await using var blob = new BlockBlobStream(storage.Container, name);
        await SegmentMerger.MergeAsync(inputs, kept.ToHashSet().Contains, blob, cancellationToken);
        await blob.CompleteAsync(cancellationToken);
        return blob.Length;
    }

    private static async Task<FormatException?> FindDamageAsync(SegmentReader reader, CancellationToken cancellationToken)
    {
        try
        {
            await SegmentMerger.MergeAsync([reader], static _ => true, Stream.Null, cancellationToken);
            return null;
        }
        catch (FormatException e)
        {
            return e;
        }
    }

    private static string NameOf(UserKey user, IEnumerable<string> inputs, IEnumerable<SegmentArchive> kept)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int depth = 0;
        foreach (string input in inputs)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{input}\n"));
            depth = Math.Max(depth, DepthOf(input) ?? 0);
        }

        foreach (SegmentArchive archive in kept)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{archive}\n"));
        }

        return BlobNames.MergedSegment(user, depth + 1, Convert.ToHexStringLower(hash.GetCurrentHash())[..32]);
    }

    // Null: not a name that the store gives.
    private static int? DepthOf(string name) =>
        BlobNames.FindSearchSegment(name) is not null ? 0 : BlobNames.FindMergedSegment(name)?.Depth;

    private BlobSegment Bytes(string name, long bytes) => new(storage.Container.GetBlobClient(name), bytes);

    private async Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        await storage.Container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
}
