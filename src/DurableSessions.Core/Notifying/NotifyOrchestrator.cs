using DurableSessions.Core.Commits;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Notifying;

/// <summary>
/// Reports the end of one attempt of a commit by a webhook: at least once, however often its receiver or its host is away, for about
/// fifteen hours. It is an instance of its own, so that no commit waits for a receiver.
/// </summary>
internal sealed class NotifyOrchestrator : TaskOrchestrator<CommitInput, NotifyOutput>
{
    private static readonly TaskOptions s_patient = new(new RetryPolicy(24, TimeSpan.FromSeconds(5), 2, TimeSpan.FromHours(1)));

    /// <inheritdoc/>
    public override async Task<NotifyOutput> RunAsync(OrchestrationContext context, CommitInput input)
    {
        try
        {
            return new NotifyOutput(await context.CallActivityAsync<bool>(NotifyNames.Send, input, s_patient), null);
        }
        catch (TaskFailedException e)
        {
            return new NotifyOutput(false, e.FailureDetails.ErrorMessage);
        }
    }
}
