using DurableSessions.Core.Commits;
using DurableSessions.Core.Tasks;
using DurableSessions.Core.Webhooks;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Notifying;

/// <summary>
/// Reports the end of an attempt once. It reports an end that every reader sees: the commit's instance is over before anything is sent. A
/// crash before or while it is sent, or before its result is stored, has it sent again, under the same id.
/// </summary>
internal sealed class SendWebhookActivity(
    TaskService tasks, CommitLedger ledger, WebhookReceivers receivers, TimeProvider time, ILogger<SendWebhookActivity> logger)
    : TaskActivity<CommitInput, bool>
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    /// <summary>Whether the receiver has it. False: there is nothing to report any more, or the receiver wants no more.</summary>
    /// <exception cref="WebhookException">It was not taken, or the commit has not ended yet: it is tried again.</exception>
    public override async Task<bool> RunAsync(TaskActivityContext context, CommitInput input)
    {
        if (receivers.Find(input) is not { } receiver)
        {
            // Another host may have the settings by which the commit was accepted.
            throw new WebhookException("This host's settings name no receiver for it.");
        }

        CommitTask task;
        try
        {
            task = await EndAsync(input, context.CancellationToken);
        }
        catch (TaskNotFoundException)
        {
            // It was purged.
            return false;
        }

        // A later attempt reports its own end, and of a session that was deleted nothing leaves this host.
        if (task.Attempt != input.Attempt || await IsDeletedAsync(input, context.CancellationToken))
        {
            return false;
        }

        string id = $"{task.TaskId}-{task.Attempt}";
        (WebhookSender sender, WebhookUrl url) = receiver;
        WebhookAnswer answer = await sender.SendAsync(new WebhookMessage(url, id, CommitReport.Write(task)), context.CancellationToken);
        if (answer == WebhookAnswer.Gone)
        {
            logger.CommitNotReported(input.CommitId, input.Session, $"{url} has answered 410");
            return false;
        }

        logger.CommitReported(input.CommitId, input.Session, url);
        return true;
    }

    private async Task<bool> IsDeletedAsync(CommitInput input, CancellationToken cancellationToken)
    {
        try
        {
            await ledger.OpenAsync(input.ThisAttempt, fresh: true, cancellationToken);
            return false;
        }
        catch (SessionGoneException)
        {
            return true;
        }
    }

    private async Task<CommitTask> EndAsync(CommitInput input, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_longestWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await tasks.WaitAsync(input.Session.Owner, input.CommitId.Value, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WebhookException("The commit has not ended yet.");
        }
    }
}
