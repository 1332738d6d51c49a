using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Step 5, run with the switch. Deletes the segments that a switched commit consumed, and wakes the commit whose turn it is now.
/// </summary>
/// <remarks>
/// <para>No manifest names those segments any more, and all that was in them is in the archive or retained: a crash before or between the
/// deletions leaves blobs that no reader looks at. The record says which they are, so the switch, run again, deletes them.</para>
/// <para>The event may be lost or doubled: it only wakes, the manifest decides, and a commit that no event reaches looks by its timer. So
/// it never fails the step, which has done its work by then: its commit would be reported failed although it has switched. What comes out
/// of a client depends on the engine: an instance that has gone, one that takes no more events or changes all the time, storage or a
/// scheduler that is away, a request that timed out (which looks like a cancellation, but is not one).</para>
/// </remarks>
internal sealed class Finishing(CommitLedger ledger, SegmentStore segments, OrchestrationClient client, ILogger<Finishing> logger)
{
    /// <summary>Finishes what <paramref name="record"/> says was switched, on behalf of <paramref name="commit"/>. Idempotent.</summary>
    /// <exception cref="OperationCanceledException">The step itself is cancelled.</exception>
    public async Task FinishAsync(CommitInput commit, CommitRecord record, CancellationToken cancellationToken)
    {
        foreach (string segment in record.Segments)
        {
            await segments.DeleteAsync(segment, cancellationToken);
        }

        await WakeFirstAsync(commit, cancellationToken);
    }

    private async Task WakeFirstAsync(CommitInput waker, CancellationToken cancellationToken)
    {
        Manifest manifest = (await ledger.OpenAsync(waker.ThisAttempt, fresh: false, cancellationToken)).Manifest;
        if (manifest.Pending.Count == 0 || manifest.Pending[0].CommitId == waker.CommitId)
        {
            return;
        }

        string first = manifest.Pending[0].CommitId.Value;
        try
        {
            await client.RaiseEventAsync(first, CommitNames.TurnEvent, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            logger.NextCommitNotWoken(e, waker.CommitId, waker.Session, first);
        }
    }
}
