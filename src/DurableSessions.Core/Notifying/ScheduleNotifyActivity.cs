using DurableSessions.Core.Commits;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Notifying;

/// <summary>
/// Has the end of an attempt reported. A crash before the request leaves nothing, and the step runs again; a crash after it leaves the
/// instance, which the step finds when it runs again.
/// </summary>
internal sealed class ScheduleNotifyActivity(OrchestrationClient client) : TaskActivity<CommitInput, bool>
{
    /// <summary>Whether it was scheduled, now or before.</summary>
    public override async Task<bool> RunAsync(TaskActivityContext context, CommitInput input)
    {
        await client.ScheduleNewOrchestrationInstanceAsync(
            NotifyNames.Orchestrator,
            input,
            new StartOrchestrationOptions(NotifyNames.InstanceId(input)) { FairnessKey = input.Session.Owner.ToString() },
            context.CancellationToken);
        return true;
    }
}
