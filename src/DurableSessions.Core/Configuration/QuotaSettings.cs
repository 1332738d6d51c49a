using System.ComponentModel.DataAnnotations;

namespace DurableSessions.Core.Configuration;

/// <summary>
/// What one account may use, the same for each; the section <c>Quotas</c> of a host's settings. <see langword="null"/>: no quota.
/// </summary>
/// <remarks>
/// A request that would go over a quota is refused, and nothing of it is done. A commit that was accepted goes to its end. Reads and
/// deletions are never refused, nor commits for <see cref="Bytes"/>.
/// </remarks>
public sealed record QuotaSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Quotas";

    /// <summary>The upper bound of <see cref="Bytes"/>.</summary>
    public const long MaxBytes = 1L << 50;

    private const string NoNumber = "{0} is not a whole number from {1} to {2}.";

    /// <summary>Sessions that are not deleted: 1 to 1,000,000,000.</summary>
    [Range(1, 1_000_000_000, ErrorMessage = NoNumber)]
    public int? Sessions { get; set; }

    /// <summary>
    /// Bytes of manifests, live messages, archives and memories: 1 to <see cref="MaxBytes"/>. Over it appends, new sessions and new
    /// contents of memories are refused.
    /// </summary>
    [Range(typeof(long), "1", "1125899906842624", ErrorMessage = NoNumber)]
    public long? Bytes { get; set; }

    /// <summary>Commits that were accepted and have not ended: 1 to 1,000,000.</summary>
    [Range(1, 1_000_000, ErrorMessage = NoNumber)]
    public int? WaitingCommits { get; set; }

    /// <summary>
    /// Tokens that models take and give for digests in a UTC day: 1 to 1,000,000,000,000. Once they are used, digests are the built-in one.
    /// </summary>
    [Range(typeof(long), "1", "1000000000000", ErrorMessage = NoNumber)]
    public long? ModelTokensPerDay { get; set; }

    /// <summary>
    /// How often a host lists what an account has, while that account writes, in seconds: 1 to 3,600. What other hosts do is known that
    /// late.
    /// </summary>
    [Range(1, 3_600, ErrorMessage = NoNumber)]
    public int MeasureSeconds { get; set; } = 60;
}
