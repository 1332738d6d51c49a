using System.Globalization;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Quotas;

/// <summary>
/// Adds up what an account has from listings of its blobs: no blob is read. A bounded number of pages at a time; a large account is
/// listed in several parts, each from where the one before has ended.
/// </summary>
/// <param name="storage">The container.</param>
/// <param name="withBytes">Whether all of the account's blobs are listed; otherwise its manifests alone.</param>
internal sealed class AccountListing(SessionStorage storage, bool withBytes)
{
    /// <summary>Pages of one part: of 5,000 blobs each.</summary>
    public int MaxPages { get; init; } = 20;

    /// <summary>Blobs of a page; <see langword="null"/>: as many as storage has in one.</summary>
    public int? PageSize { get; init; }

    /// <summary>Lists one part.</summary>
    /// <param name="account">The account.</param>
    /// <param name="from">Where the part before has ended; the default: the beginning.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>What the part adds up to, and where the next one begins; <see langword="null"/>: that was all.</returns>
    public async Task<(AccountTotals Sum, Place? Next)> ReadAsync(string account, Place from, CancellationToken cancellationToken)
    {
        string[] prefixes = [.. BlobNames.PrefixesOfAccount(account).Take(withBytes ? int.MaxValue : 1)];
        AccountTotals sum = default;
        Place place = from;
        for (int page = 1; page <= MaxPages; page++)
        {
            bool isManifest = place.Prefix == 0;
            var options = new GetBlobsOptions
            {
                Prefix = prefixes[place.Prefix],
                Traits = isManifest ? BlobTraits.Metadata : BlobTraits.None,
            };
            string? marker = null;
            await foreach (Page<BlobItem> listed in storage.Container.GetBlobsAsync(options, cancellationToken)
                .AsPages(place.Marker, PageSize))
            {
                sum = listed.Values.Aggregate(sum, (total, blob) => total + Of(blob, isManifest));
                marker = listed.ContinuationToken is { Length: > 0 } next ? next : null;
                break;
            }

            place = marker is null ? new Place(place.Prefix + 1, null) : place with { Marker = marker };
            if (place.Prefix == prefixes.Length)
            {
                return (sum, null);
            }
        }

        return (sum, place);
    }

    private static AccountTotals Of(BlobItem blob, bool isManifest)
    {
        var bytes = new AccountTotals(Bytes: blob.Properties.ContentLength ?? 0);
        if (!isManifest || blob.Metadata.ContainsKey(ManifestStore.DeletedMetadata))
        {
            return bytes;
        }

        // None where an earlier version wrote it: until the session changes next.
        blob.Metadata.TryGetValue(ManifestStore.WaitingMetadata, out string? waiting);
        return bytes with
        {
            Sessions = 1,
            WaitingCommits = int.TryParse(waiting, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 0,
        };
    }

    /// <summary>A place in the listings of one account.</summary>
    /// <param name="Prefix">Which of its prefixes.</param>
    /// <param name="Marker">Storage's own marker of a page; <see langword="null"/>: the first.</param>
    public readonly record struct Place(int Prefix, string? Marker);
}
