using DurableSessions.Orchestration;

namespace DurableSessions.Core.Commits;

/// <summary>
/// Makes another digest of one archive, where one is asked for, and then the change of the archive. No commit waits for it, and it
/// waits for none. What a model has made is put in place for as long as a commit's steps are tried.
/// </summary>
internal sealed class DigestArchiveOrchestrator : TaskOrchestrator<DigestArchiveInput, DigestArchiveOutput>
{
    private static readonly TaskOptions DigestStep = new(new RetryPolicy(3, TimeSpan.FromSeconds(10), 2, TimeSpan.FromMinutes(1)));

    /// <inheritdoc/>
    public override async Task<DigestArchiveOutput> RunAsync(OrchestrationContext context, DigestArchiveInput input)
    {
        try
        {
            string? reason = input.Mode == DigestMode.Restore
                ? null
                : await context.CallActivityAsync<string?>(CommitNames.DigestArchive, input, DigestStep);
            return reason is null
                ? await context.CallActivityAsync<DigestArchiveOutput>(CommitNames.ChangeDigest, input, CommitOrchestrator.StorageStep)
                : new DigestArchiveOutput(null, Reason: reason);
        }
        catch (TaskFailedException e) when (e.FailureDetails.IsCausedBy<SessionGoneException>())
        {
            return new DigestArchiveOutput(null) { IsSessionDeleted = true };
        }
    }
}
