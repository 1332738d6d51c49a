using System.Globalization;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Hosts;

/// <summary>
/// Numbers the starts of each named host, in the blob <c>orchestrations/hosts/{name}.json</c>: one read and one conditional write a start.
/// </summary>
/// <remarks>
/// A crash before the write leaves the number before; a crash after it, a lost answer or a second copy leaves a number that no host uses.
/// Two hosts never have the same one: each write is conditional on what was read. Where the blob was deleted, numbers go on from the clock.
/// </remarks>
/// <param name="container">A client that repeats requests itself.</param>
/// <param name="time">The clock of this host.</param>
internal sealed class HostStarts(BlobContainerClient container, TimeProvider time)
{
    private const string Prefix = "orchestrations/hosts/";
    private const int Attempts = 10;

    /// <summary>The next start of a host.</summary>
    /// <exception cref="TimeoutException">Another host of that name started at each attempt.</exception>
    /// <exception cref="JsonException">The blob is not what this host wrote.</exception>
    public async Task<HostStart> NextAsync(string name, CancellationToken cancellationToken)
    {
        BlobClient blob = Blob(name);
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            (long? last, BlobRequestConditions unchanged) = await FindAsync(blob, cancellationToken);
            var next = new Content(Math.Max((last ?? 0) + 1, time.GetUtcNow().ToUnixTimeMilliseconds()));
            try
            {
                var options = new BlobUploadOptions
                {
                    Conditions = unchanged,
                    HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
                };
                await blob.UploadAsync(BinaryData.FromObjectAsJson(next, JsonSerializerOptions.Web), options, cancellationToken);
                return new HostStart(name, next.Number);
            }
            catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsNotFound())
            {
                await Backoff.WaitAsync(attempt, time, cancellationToken);
            }
        }

        throw new TimeoutException(
            string.Create(CultureInfo.InvariantCulture, $"Host '{name}' was started elsewhere {Attempts} times meanwhile."));
    }

    /// <summary>The number of the last start of a host; <see langword="null"/>: its blob was deleted.</summary>
    /// <exception cref="JsonException">The blob is not what this host wrote.</exception>
    public async Task<long?> FindLastAsync(string name, CancellationToken cancellationToken) =>
        (await FindAsync(Blob(name), cancellationToken)).Last;

    private BlobClient Blob(string name) => container.GetBlobClient($"{Prefix}{name}.json");

    private static async Task<(long? Last, BlobRequestConditions Unchanged)> FindAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult found = (await blob.DownloadContentAsync(cancellationToken)).Value;
            return (
                (found.Content.ToObjectFromJson<Content>(JsonSerializerOptions.Web) ?? throw new JsonException("It is null.")).Number,
                new BlobRequestConditions { IfMatch = found.Details.ETag });
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return (null, new BlobRequestConditions { IfNoneMatch = ETag.All });
        }
    }

    private sealed record Content(long Number);
}
