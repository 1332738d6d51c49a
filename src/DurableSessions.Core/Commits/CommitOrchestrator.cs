using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Commits;

/// <summary>
/// A commit: archive-to-temp, clear-live, semantic-process, switch. Each step is idempotent and ends in one
/// compare-and-swap; the instance completes only after the switch.
/// </summary>
public sealed class CommitOrchestrator : TaskOrchestrator<CommitInput, CommitOutput>
{
    private const int TurnCheckShare = 20;
    private const int MostSharesOfATurnCheck = 6;

    /// <summary>For steps that need nothing but storage: tried for about a quarter of an hour.</summary>
    internal static readonly TaskOptions StorageStep = new(new RetryPolicy(20, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(1)));

    private static readonly TimeSpan ShortestTurnCheck = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestTurnCheck = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public override async Task<CommitOutput> RunAsync(OrchestrationContext context, CommitInput input)
    {
        CommitOutput output;
        try
        {
            output = await EndAsync(context, input);
        }
        catch (Exception e) when (e is TaskFailedException or CommitFailedException)
        {
            Count(context, "failed");
            await ScheduleNotifyAsync(context, input);
            throw;
        }

        Count(context, output.Cancelled ? "cancelled" : output.Fate == CommitFate.Archived ? $"{output.State}" : $"{output.Fate}");
        await ScheduleNotifyAsync(context, input);
        return output;
    }

    // Behind the switch, and before the end: a crash between the two has it done again. Where it cannot be done, the commit ends all the
    // same.
    private static async Task ScheduleNotifyAsync(OrchestrationContext context, CommitInput input)
    {
        if (input.Webhook is null)
        {
            return;
        }

        try
        {
            await context.CallActivityAsync<bool>(CommitNames.ScheduleNotify, input, StorageStep);
        }
        catch (TaskFailedException)
        {
        }
    }

    private static async Task<CommitOutput> EndAsync(OrchestrationContext context, CommitInput input)
    {
        try
        {
            return await CommitAsync(context, input);
        }
        catch (TaskFailedException e) when (e.FailureDetails.IsCausedBy<SessionGoneException>())
        {
            return new CommitOutput { Fate = CommitFate.Cancelled, Cancelled = true, IsSessionDeleted = true, Reason = "session deleted" };
        }
    }

    // Once more where a host dies between the end of the orchestrator and the write of it.
    private static void Count(OrchestrationContext context, string outcome)
    {
        if (!context.IsReplaying)
        {
            StoreTelemetry.Committed(outcome.ToLowerInvariant());
        }
    }

    private static async Task<CommitOutput> CommitAsync(OrchestrationContext context, CommitInput input)
    {
        Task<CancelRequest?> cancel = WaitForCancelAsync(context, input.Attempt);

        context.SetCustomStatus(new CommitStatus(CommitStage.Archive));
        CommitProgress staged = await context.CallActivityAsync<CommitProgress>(CommitNames.ArchiveToTemp, input, StorageStep);
        if (staged.Fate is not null)
        {
            return Closed(staged);
        }

        if (cancel.IsCompleted)
        {
            context.SetCustomStatus(new CommitStatus(CommitStage.Archive, Cancelling: true));
            CommitProgress closed = await context.CallActivityAsync<CommitProgress>(
                CommitNames.CancelCommit, new CancelInput(input, (await cancel)?.Reason), StorageStep);
            if (closed.Fate is not null)
            {
                return Closed(closed);
            }
        }

        CommitProgress cleared = await context.CallActivityAsync<CommitProgress>(
            CommitNames.ClearLive, new ClearInput(input, staged.Counts!), StorageStep);
        if (cleared.Fate is not null)
        {
            return Closed(cleared);
        }

        (SemanticOutcome outcome, TaskFailureDetails? failure) = await DigestInTurnAsync(context, input, cleared, cancel);

        context.SetCustomStatus(new CommitStatus(CommitStage.Switch, cleared.Number, cancel.IsCompleted));
        CommitProgress switched = await context.CallActivityAsync<CommitProgress>(
            CommitNames.Switch, new SwitchInput(input, outcome), StorageStep);
        context.SetCustomStatus(new CommitStatus(CommitStage.Switch, switched.Number, cancel.IsCompleted, switched.State));
        if (failure is not null && switched.State == ArchiveState.Uncovered)
        {
            throw new CommitFailedException(failure.ErrorMessage);
        }

        return new CommitOutput
        {
            Fate = CommitFate.Archived,
            Cancelled = cancel.IsCompleted && switched.State == ArchiveState.Uncovered,
            Number = switched.Number,
            State = switched.State,
            Counts = switched.Counts,
            Memories = switched.Memories,
            Usage = outcome.Usage,
            Reason = outcome.Reason,
        };
    }

    // An event is raised to the instance, not to an attempt: one that was on its way while an attempt ended comes to the next one.
    private static async Task<CancelRequest?> WaitForCancelAsync(OrchestrationContext context, int attempt)
    {
        CancelRequest? request;
        do
        {
            request = await context.WaitForExternalEvent<CancelRequest?>(CommitNames.CancelEvent);
        }
        while (request?.Attempt is { } other && other != attempt);

        return request;
    }

    // Waits for the commits before this one, then digests, unless the user cancels meanwhile: the archive then stays
    // uncovered, and its messages stay in context.
    private static async Task<(SemanticOutcome Outcome, TaskFailureDetails? Failure)> DigestInTurnAsync(
        OrchestrationContext context, CommitInput input, CommitProgress cleared, Task<CancelRequest?> cancel)
    {
        var uncovered = new SemanticOutcome(ArchiveState.Uncovered, null);
        if (!await WaitForTurnAsync(context, input, cleared, cancel))
        {
            return (uncovered with { IsCancelled = true }, null);
        }

        context.SetCustomStatus(new CommitStatus(CommitStage.SemanticProcess, cleared.Number));
        Task<SemanticOutcome> digest = DigestAsync(context, input);
        await Task.WhenAny(digest, cancel);
        if (!digest.IsCompleted)
        {
            return (uncovered with { IsCancelled = true }, null);
        }

        try
        {
            return (await digest, null);
        }
        catch (TaskFailedException e) when (!e.FailureDetails.IsCausedBy<SessionGoneException>())
        {
            return (uncovered, e.FailureDetails);
        }
    }

    // False: cancelled while waiting. A commit that switches sends the next one an event. One that failed, or was ended by an operator,
    // does not, and the next one looks: late by a twentieth of what it has waited so far (10 s at least, an hour at most), which
    // makes 150 checks in a day. A commit that has more before it looks less often, to six times as late: they are the ones to look.
    private static async Task<bool> WaitForTurnAsync(
        OrchestrationContext context, CommitInput input, CommitProgress cleared, Task<CancelRequest?> cancel)
    {
        int ahead = cleared.Ahead;
        DateTimeOffset began = context.CurrentUtcDateTime;
        Task<object?>? turn = null;
        while (ahead > 0 && !cancel.IsCompleted)
        {
            context.SetCustomStatus(new CommitStatus(CommitStage.WaitForTurn, cleared.Number));
            if (turn is null or { IsCompleted: true })
            {
                // A wait that its timer has overtaken stays the one that the event completes.
                turn = context.WaitForExternalEvent<object?>(CommitNames.TurnEvent);
            }

            TimeSpan share = Max((context.CurrentUtcDateTime - began) / TurnCheckShare, ShortestTurnCheck);
            TimeSpan wait = Min(Math.Min(ahead, MostSharesOfATurnCheck) * share, LongestTurnCheck);
            using var done = new CancellationTokenSource();
            await Task.WhenAny(turn, context.CreateTimer(wait, done.Token), cancel);

            // Not CancelAsync: an engine may have its timer listen, and everything of an orchestrator runs on one thread.
#pragma warning disable CA1849
            done.Cancel();
#pragma warning restore CA1849
            if (!cancel.IsCompleted)
            {
                ahead = (await context.CallActivityAsync<CommitProgress>(CommitNames.CheckTurn, input, StorageStep)).Ahead;
            }
        }

        return !cancel.IsCompleted;
    }

    private static async Task<SemanticOutcome> DigestAsync(OrchestrationContext context, CommitInput input)
    {
        SemanticPolicy policy = input.Semantic;
        var retry = new RetryPolicy(
            policy.MaxAttempts, policy.FirstRetryInterval, 2, Max(policy.FirstRetryInterval, TimeSpan.FromMinutes(5)));
        try
        {
            return await context.CallActivityAsync<SemanticOutcome>(
                CommitNames.SemanticProcess, new SemanticInput(input, Fallback: false), new TaskOptions(retry));
        }
        catch (TaskFailedException e) when (policy.FallBack && !e.FailureDetails.IsCausedBy<SessionGoneException>())
        {
            return await context.CallActivityAsync<SemanticOutcome>(
                CommitNames.SemanticProcess,
                new SemanticInput(input, Fallback: true, FailureText.FindCause(e.FailureDetails.ErrorMessage)),
                StorageStep);
        }
    }

    private static CommitOutput Closed(CommitProgress progress) => new()
    {
        Fate = progress.Fate!.Value,
        Cancelled = progress.Fate == CommitFate.Cancelled,
        Reason = progress.Reason,
    };

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
