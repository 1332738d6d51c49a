using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Hosts;

/// <summary>
/// How a host that stops has the others look at once at what it gives back: it writes an empty blob, and they see another ETag. A reminder,
/// and nothing more: where the write is lost, the next sweep finds the instances.
/// </summary>
/// <param name="container">A client that repeats requests itself.</param>
/// <param name="lifetime">Nothing is written before this host stops.</param>
/// <param name="sweepInterval">What is due later than this is found by the others' sweeps.</param>
/// <param name="time">The clock of this host.</param>
/// <param name="log">Where a write that fails is noted.</param>
internal sealed class Handover(
    BlobContainerClient container, EngineLifetime lifetime, TimeSpan sweepInterval, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(100);

    private readonly BlobClient _blob = container.GetBlobClient("orchestrations/hosts/handover");
    private int _gaveBack;

    /// <summary>This host leaves an instance to others: where it stops and the instance is due soon, they are to look.</summary>
    public void LeavesDue(DateTimeOffset due)
    {
        if (lifetime.Stopping.IsCancellationRequested && due - time.GetUtcNow() < sweepInterval)
        {
            Interlocked.Exchange(ref _gaveBack, 1);
        }
    }

    /// <summary>Tells the others, until all is given back: one write for what is given back within 100 ms. Never throws.</summary>
    /// <param name="all">Completes when nothing more is given back.</param>
    /// <param name="gone">The host ends.</param>
    public async Task TellAsync(Task all, CancellationToken gone)
    {
        bool isLast;
        do
        {
            isLast = all.IsCompleted;
            if (Interlocked.Exchange(ref _gaveBack, 0) == 1)
            {
                await TellAsync(gone);
            }

            if (!isLast)
            {
                await Task.WhenAny(all, Task.Delay(Together, time, gone));
            }
        }
        while (!isLast && !gone.IsCancellationRequested);
    }

    // What fails is tried again with what is given back next.
    private async Task TellAsync(CancellationToken gone)
    {
        try
        {
            await _blob.UploadAsync(BinaryData.Empty, overwrite: true, gone);
        }
        catch (Exception) when (gone.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            log.HandoverNotTold(e);
            Interlocked.Exchange(ref _gaveBack, 1);
        }
    }

    /// <summary>What is another one each time a host has given back instances; empty: none has.</summary>
    public async Task<string> FindLastAsync(CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties properties = await _blob.GetPropertiesAsync(cancellationToken: cancellationToken);
            return properties.ETag.ToString();
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return "";
        }
    }
}
