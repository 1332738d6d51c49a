using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Deletion;

/// <summary>
/// Deletes a session: a tombstone by compare-and-swap, then what the session owned; later, when no request of its time can
/// still be on its way, what came late, and the tombstone itself.
/// </summary>
public sealed class DeleteSessionOrchestrator : TaskOrchestrator<DeleteInput, bool>
{
    /// <inheritdoc/>
    public override async Task<bool> RunAsync(OrchestrationContext context, DeleteInput input)
    {
        await context.CallActivityAsync<bool>(DeleteNames.SetTombstone, input, PatientStep.Options);
        await context.CallActivityAsync<int>(DeleteNames.DeleteBlobs, input, PatientStep.Options);
        context.SetCustomStatus(DeleteNames.Retained);
        await context.CreateTimer(input.TombstoneRetention, CancellationToken.None);
        context.SetCustomStatus(null);
        await context.CallActivityAsync<int>(DeleteNames.DeleteBlobs, input, PatientStep.Options);
        await context.CallActivityAsync<bool>(DeleteNames.RemoveTombstone, input, PatientStep.Options);
        return true;
    }
}
