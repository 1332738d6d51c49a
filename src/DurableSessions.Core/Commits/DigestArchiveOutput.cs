namespace DurableSessions.Core.Commits;

/// <summary>What came of a request for an archive's digest.</summary>
/// <param name="Version">The digest that was made, or put in place; <see langword="null"/>: none was.</param>
/// <param name="Dropped">The preview that was let go for it; <see langword="null"/>: none was.</param>
/// <param name="Reason">Why nothing was done; <see langword="null"/>: it was, or the session was deleted.</param>
internal sealed record DigestArchiveOutput(int? Version, int? Dropped = null, string? Reason = null)
{
    /// <summary>Whether it ended because the session was deleted.</summary>
    public bool IsSessionDeleted { get; init; }
}
