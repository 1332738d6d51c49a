using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Deletes a session, unless it is used: a crash at any place goes on, so no tombstone is left whose session's blobs no orchestration
/// deletes.
/// </summary>
public sealed class ExpireSessionOrchestrator : TaskOrchestrator<ExpireInput, bool>
{
    /// <inheritdoc/>
    public override Task<bool> RunAsync(OrchestrationContext context, ExpireInput input) =>
        context.CallActivityAsync<bool>(ExpireNames.DeleteUnused, input, PatientStep.Options);
}
