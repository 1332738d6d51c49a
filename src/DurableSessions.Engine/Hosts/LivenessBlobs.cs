using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;

namespace DurableSessions.Engine.Hosts;

/// <summary>
/// The blobs <c>orchestrations/alive/{host}</c>, one for each host: empty, with the number of a named host's start and its ownership in
/// seconds as metadata. A host writes its own, without a condition: a copy that arrives late lengthens its life by the time it took.
/// </summary>
/// <param name="container">A client that repeats requests itself.</param>
/// <param name="time">The clock that the answers set.</param>
internal sealed class LivenessBlobs(BlobContainerClient container, StorageClock time)
{
    private const string Prefix = "orchestrations/alive/";
    private const string StartKey = "start";
    private const string OwnershipKey = "ownership";
    private const int MostHosts = 5_000;
    private const double MostSeconds = 1e9;

    /// <summary>Says that a host lives.</summary>
    public Task<BlobContentInfo> WriteAsync(OwnerHost host, TimeSpan ownership, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string>
        {
            [OwnershipKey] = ownership.TotalSeconds.ToString("R", CultureInfo.InvariantCulture),
        };
        if (host.Start is { } start)
        {
            metadata[StartKey] = start.ToString(CultureInfo.InvariantCulture);
        }

        var options = new BlobUploadOptions { Metadata = metadata };
        return time.AskAsync(() => SendAsync(host, options, cancellationToken));
    }

    // An owner's request: while it waits, the ownership of all that the host runs lapses.
    private async Task<Response<BlobContentInfo>> SendAsync(OwnerHost host, BlobUploadOptions options, CancellationToken cancellationToken)
    {
        using IDisposable owner = OwnerRequests.Begin();
        return await Blob(host).UploadAsync(BinaryData.Empty, options, cancellationToken);
    }

    /// <summary>What hosts say, of up to 5,000: one request. A blob that does not say what a host does is left alone.</summary>
    public async Task<LivenessListing> ListAsync(CancellationToken cancellationToken)
    {
        long sent = time.GetTimestamp();
        var options = new GetBlobsOptions { Prefix = Prefix, Traits = BlobTraits.Metadata };
        Page<BlobItem> page = await container.GetBlobsAsync(options, cancellationToken)
            .AsPages(pageSizeHint: MostHosts)
            .FirstAsync(cancellationToken);
        Response answer = page.GetRawResponse();
        time.Observe(answer, sent);
        return new LivenessListing(
            [.. page.Values.Select(TryRead).OfType<LivenessSign>()], answer.Headers.Date ?? time.GetUtcNow(), sent, time.GetTimestamp());
    }

    /// <summary>Deletes the blob of a host, unless the host has written it since.</summary>
    public async Task DeleteAsync(OwnerHost host, ETag expected, CancellationToken cancellationToken)
    {
        try
        {
            await Blob(host).DeleteAsync(
                DeleteSnapshotsOption.None, new BlobRequestConditions { IfMatch = expected }, cancellationToken);
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsNotFound())
        {
        }
    }

    private BlobClient Blob(OwnerHost host) => container.GetBlobClient(Prefix + host.Name);

    private static LivenessSign? TryRead(BlobItem blob) =>
        blob.Metadata.TryGetValue(OwnershipKey, out string? text)
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
        && seconds is > 0 and < MostSeconds
        && TryReadStart(blob.Metadata, out long? start)
        && blob.Properties is { ETag: { } etag, LastModified: { } modified }
            ? new LivenessSign(new OwnerHost(blob.Name[Prefix.Length..], start), TimeSpan.FromSeconds(seconds), etag, modified)
            : null;

    private static bool TryReadStart(IDictionary<string, string> metadata, out long? start)
    {
        start = null;
        if (!metadata.TryGetValue(StartKey, out string? text))
        {
            return true;
        }

        bool isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
        start = number;
        return isNumber;
    }
}
