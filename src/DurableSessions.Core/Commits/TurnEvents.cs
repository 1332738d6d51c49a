using DurableSessions.Core.Sessions;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Commits;

/// <summary>Wakes the commit whose turn it is. The event may be lost or doubled: it only wakes, the manifest decides.</summary>
internal static class TurnEvents
{
    public static async Task WakeFirstAsync(OrchestrationClient client, Manifest manifest, CommitInput waker, CancellationToken cancellationToken)
    {
        if (manifest.Pending.Count == 0 || manifest.Pending[0].CommitId == waker.CommitId)
        {
            return;
        }

        try
        {
            await client.RaiseEventAsync(manifest.Pending[0].CommitId, CommitNames.TurnEvent, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is OrchestrationNotFoundException or InvalidOperationException)
        {
            // Gone, or it has more events than it can hold: whoever waits behind it looks by its timer.
        }
    }
}
