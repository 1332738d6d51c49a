using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Deletion;

/// <summary>Starts the orchestration that deletes a session.</summary>
internal sealed class Deletions(OrchestrationClient client, SessionOptions options)
{
    /// <summary>
    /// Starts it, where it does not run and has not ended well. One that failed, or that an operator has terminated, is carried to its end:
    /// all of its steps may be done twice.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="incarnation">Which one of that id.</param>
    /// <param name="cancellationToken">Ends the start, which may then be done.</param>
    /// <returns>What is deleted.</returns>
    public async Task<DeleteInput> StartAsync(SessionKey session, string incarnation, CancellationToken cancellationToken)
    {
        var input = new DeleteInput(session, incarnation) { TombstoneRetention = options.TombstoneRetention };
        await client.ScheduleNewOrchestrationInstanceAsync(
            DeleteNames.Orchestrator,
            input,
            new StartOrchestrationOptions(input.InstanceId)
            {
                ReusableStatuses = OrchestrationRuntimeStatuses.Broken,
                FairnessKey = session.Owner.ToString(),
            },
            cancellationToken);
        return input;
    }
}
