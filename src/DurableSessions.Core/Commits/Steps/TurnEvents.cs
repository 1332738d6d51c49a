using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Wakes the commit whose turn it is. The event may be lost or doubled: it only wakes, the manifest decides, and a commit that no
/// event reaches looks by its timer.
/// </summary>
/// <remarks>
/// So it never fails the step that wakes, which has done its work by then: its commit would be reported failed although it has switched.
/// What comes out of a client depends on the engine: an instance that has gone, one that takes no more events or changes all the
/// time, storage or a scheduler that is away, a request that timed out (which looks like a cancellation, but is not one).
/// </remarks>
internal static class TurnEvents
{
    /// <exception cref="OperationCanceledException">The step itself is cancelled.</exception>
    public static async Task WakeFirstAsync(
        OrchestrationClient client, Manifest manifest, CommitInput waker, ILogger logger, CancellationToken cancellationToken)
    {
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
