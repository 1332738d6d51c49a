using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Finds merged segments of the search index that cannot be read, or that have archives that are gone: what a merge wrote late, after the
/// deletion had looked. The manifests of one segment's sessions are asked for at a time.
/// </summary>
internal sealed class MergedSegmentCheck(IndexMerger merger, Orphans orphans)
{
    /// <summary>What is wrong with a merged segment; <see langword="null"/>: nothing, or it has gone.</summary>
    public async Task<Finding?> RunAsync(BlobItem blob, UserKey user, CancellationToken cancellationToken)
    {
        var segment = ListedSegment.Of(blob);
        try
        {
            (int gone, int all) = await merger.CountGoneAsync(user, segment, cancellationToken);
            return gone == 0 ? null : await orphans.SettleAsync(Orphan(blob, user, segment, gone, all), cancellationToken);
        }
        catch (BlobGoneException)
        {
            return null;
        }
        catch (FormatException e)
        {
            return new Finding(
                FindingKind.SearchDamaged, FindingSeverity.Error, null, blob.Name,
                $"the segment cannot be read ({e.Message}): what its archives say is not found by search");
        }
    }

    // It is removed once those of its archives that are there are in another one.
    private Orphan Orphan(BlobItem blob, UserKey user, ListedSegment segment, int gone, int all) => new()
    {
        Kind = FindingKind.OrphanedSearch,
        Session = null,
        Blob = blob.Name,
        ETag = blob.Properties.ETag!.Value,
        Since = segment.WrittenAt,
        What = gone == all
            ? "all of its archives were deleted or have expired"
            : $"{gone} of its {all} archives were deleted or have expired; a repair writes the others anew",
        IsStill = async token => (await merger.CountGoneAsync(user, segment, token)).Gone > 0,
        Fence = async token => (await merger.MergeAsync(new MergeGroup(user, [segment]), token)).Merged.Count > 0,
    };
}
