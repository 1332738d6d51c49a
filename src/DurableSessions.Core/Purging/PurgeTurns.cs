using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Gives one host at a time the turn to purge, by conditional writes of one blob. Two that purge at once, for a host that was silent for
/// long, are slower and do no harm.
/// </summary>
internal sealed class PurgeTurns(SessionStorage storage, TimeProvider time)
{
    private BlobClient Blob => storage.Container.GetBlobClient(BlobNames.PurgeTurn);

    /// <summary>Takes the turn, where it is due: one read, and then one write.</summary>
    /// <returns>
    /// The turn, and storage's time; <see langword="null"/>: it is not due, or another host has it. A crash after the write leaves a turn
    /// that another host takes after <see cref="PurgeTurn.Silence"/>.
    /// </returns>
    public async Task<HeldTurn?> TryTakeAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        (PurgeTurn? last, BlobDownloadDetails? found) = await FindAsync(cancellationToken);
        var unchanged = found is null
            ? new BlobRequestConditions { IfNoneMatch = ETag.All }
            : new BlobRequestConditions { IfMatch = found.ETag };
        return last?.IsDue(now) == false
            ? null
            : await TryWriteAsync(new PurgeTurn { BeganAt = now, SeenAt = now, WriteId = NewWriteId() }, unchanged, cancellationToken);
    }

    /// <summary>Says that the host is at it still, or that it is done.</summary>
    /// <returns>The turn as it is now; <see langword="null"/>: another host has taken it.</returns>
    public Task<HeldTurn?> TryKeepAsync(HeldTurn held, bool isOver, CancellationToken cancellationToken) => TryWriteAsync(
        held.Turn with { SeenAt = time.GetUtcNow(), IsOver = isOver, WriteId = NewWriteId() },
        new BlobRequestConditions { IfMatch = held.ETag },
        cancellationToken);

    private async Task<(PurgeTurn? Last, BlobDownloadDetails? Found)> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult found = await Blob.DownloadContentAsync(cancellationToken);
            return (Read(found.Content), found.Details);
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return (null, null);
        }
    }

    // One that cannot be read is written anew.
    private static PurgeTurn? Read(BinaryData content)
    {
        try
        {
            return StoreJson.Read<PurgeTurn>(content);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    private async Task<HeldTurn?> TryWriteAsync(PurgeTurn turn, BlobRequestConditions conditions, CancellationToken cancellationToken)
    {
        try
        {
            var options = new BlobUploadOptions
            {
                Conditions = conditions,
                HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
            };
            BlobContentInfo written = await Blob.UploadAsync(StoreJson.Write(turn), options, cancellationToken);
            return new HeldTurn(turn, written.ETag, written.LastModified);
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsNotFound())
        {
            // The first attempt may have been this very write, without an answer.
            return await FindAsync(cancellationToken) is { Last: { } last, Found: { } found } && last.WriteId == turn.WriteId
                ? new HeldTurn(turn, found.ETag, found.LastModified)
                : null;
        }
    }

    private static string NewWriteId() => Guid.NewGuid().ToString("N");
}
