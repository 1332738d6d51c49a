using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Step 5, run with the switch. Deletes the segments that a switched commit consumed, and wakes the commit that waits for it.
/// </summary>
/// <remarks>
/// No manifest names those segments any more, and all that was in them is in the archive or retained: a crash before or between the
/// deletions leaves blobs that no reader looks at. The record says which they are, so the switch, run again, deletes them. The event may be lost or doubled:
/// it only wakes, the manifest decides; a commit that waits looks by itself from time to time.
/// </remarks>
internal sealed class Finishing(CommitLedger ledger, SegmentStore segments, OrchestrationClient client, ILogger<Finishing> logger)
{
    /// <summary>Finishes what <paramref name="record"/> says was switched, on behalf of <paramref name="commit"/>. Idempotent.</summary>
    public async Task FinishAsync(CommitInput commit, CommitRecord record, CancellationToken cancellationToken)
    {
        foreach (string segment in record.Segments)
        {
            await segments.DeleteAsync(segment, cancellationToken);
        }

        StoredManifest stored = await ledger.OpenAsync(commit.ThisAttempt, fresh: false, cancellationToken);
        await TurnEvents.WakeFirstAsync(client, stored.Manifest, commit, logger, cancellationToken);
    }
}
