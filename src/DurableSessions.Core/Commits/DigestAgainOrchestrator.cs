using DurableSessions.Core.Commits.Steps;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Commits;

/// <summary>
/// Digests a session's degraded archives again, the oldest first, until none is left or the model fails. What is left stays degraded
/// until the next start. An archive of which the model makes nothing, asked once more, while it digests a short message, is passed over: it
/// holds up no other. After <see cref="MaxRefused"/> of them in a row the rest waits for the next start: a setting may be why.
/// </summary>
internal sealed class DigestAgainOrchestrator : TaskOrchestrator<DigestAgainInput, DigestAgainOutput>
{
    /// <summary>Archives in one instance, so that no history grows for ever.</summary>
    public const int MaxArchives = 100;

    /// <summary>Archives that are passed over in a row, because the model makes nothing of them.</summary>
    public const int MaxRefused = 2;

    private static readonly TaskOptions Step = new(new RetryPolicy(3, TimeSpan.FromSeconds(10), 2, TimeSpan.FromMinutes(1)));

    /// <inheritdoc/>
    public override async Task<DigestAgainOutput> RunAsync(OrchestrationContext context, DigestAgainInput input)
    {
        int archives = 0;
        int refused = 0;
        try
        {
            while (archives < MaxArchives)
            {
                DigestAgainProgress progress = await DigestOldestAsync(context, input);
                if (progress.Number is null)
                {
                    return new DigestAgainOutput(archives, progress.Reason);
                }

                archives++;
                refused = progress.IsRefused ? refused + 1 : 0;
                if (refused == MaxRefused)
                {
                    return new DigestAgainOutput(archives, $"the model makes nothing of {MaxRefused} archives in a row");
                }
            }
        }
        catch (TaskFailedException e)
        {
            return new DigestAgainOutput(
                archives, e.FailureDetails.IsCausedBy<SessionGoneException>() ? "session deleted" : e.FailureDetails.ErrorMessage);
        }

        return new DigestAgainOutput(archives, null);
    }

    private static async Task<DigestAgainProgress> DigestOldestAsync(OrchestrationContext context, DigestAgainInput input)
    {
        try
        {
            return await context.CallActivityAsync<DigestAgainProgress>(CommitNames.DigestAgain, input, Step);
        }
        catch (TaskFailedException e) when (!e.FailureDetails.IsCausedBy<SessionGoneException>())
        {
            return await context.CallActivityAsync<DigestAgainProgress>(CommitNames.DigestAgain, input with { PassesOver = true });
        }
    }
}
