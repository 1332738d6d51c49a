using DurableSessions.Core.State;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Commits;

/// <summary>
/// Commits whose instance has ended, or is gone, before their archive was switched: an operator has terminated it, or the engine is another
/// one. The session's next commit helps them to their end.
/// </summary>
internal static class AbandonedCommits
{
    /// <summary>Whether the session's oldest commit is one. Asks the engine, where a commit is open.</summary>
    public static async Task<bool> HasAsync(Manifest manifest, OrchestrationClient client, CancellationToken cancellationToken) =>
        manifest.Pending is [{ } oldest, ..]
        && await client.GetInstanceAsync(oldest.CommitId.Value, cancellationToken) is null or { IsCompleted: true };
}
