namespace DurableSessions.Core.Commits.Steps;

/// <summary>How digesting one archive again ended.</summary>
/// <param name="Number">The archive; <see langword="null"/>: none is left, or none can be digested now.</param>
/// <param name="Reason">Why none can be; <see langword="null"/>: one was, or none is left.</param>
internal sealed record DigestAgainProgress(int? Number, string? Reason = null)
{
    /// <summary>The model made nothing of the archive, which stays degraded, and answered another question.</summary>
    public bool IsRefused { get; init; }
}
