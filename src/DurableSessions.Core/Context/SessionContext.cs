using DurableSessions.Core.Memories;

namespace DurableSessions.Core.Context;

/// <summary>What an agent reads of a session: everything that was said, as far as it fits.</summary>
public sealed record SessionContext
{
    /// <summary>
    /// The newest digest's overview; while there are archives without a digest, a provisional one of everything that was archived, where
    /// that can be made and fits. Empty where nothing is digested, or where it does not fit.
    /// </summary>
    public required string Overview { get; init; }

    /// <summary>
    /// Whether <see cref="Overview"/> is the newest digest's joined to an excerpt of archives without a digest, made by the processor that
    /// stands in. It says so in its first line. Those archives' messages are in <see cref="Messages"/> all the same, as far as they fit.
    /// </summary>
    public bool IsOverviewProvisional { get; init; }

    /// <summary>One line of each of the newest archives that the overview covers, the newest first, as far as they fit.</summary>
    public IReadOnlyList<ArchiveAbstract> Abstracts { get; init; } = [];

    /// <summary>
    /// Messages of archives that the overview covers, oldest first, each as it is stored: those that fit a question, or the newest, which
    /// come right before <see cref="Messages"/>. None of them is in <see cref="Messages"/>.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Recalled { get; init; } = [];

    /// <summary>
    /// Messages of archives without an overview, oldest first, then the live ones: each a JSON object in UTF-8, as it is stored, or
    /// cut in the middle where it alone was too long.
    /// </summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Messages { get; init; }

    /// <summary>The user's memories that fit beside all that, where they were asked for.</summary>
    public IReadOnlyList<Memory> Memories { get; init; } = [];

    /// <summary>Estimated tokens of <see cref="Messages"/>.</summary>
    public required long MessageTokens { get; init; }

    /// <summary>Estimated tokens of <see cref="Overview"/>.</summary>
    public required long OverviewTokens { get; init; }

    /// <summary>Estimated tokens of <see cref="Abstracts"/>.</summary>
    public long AbstractTokens { get; init; }

    /// <summary>Estimated tokens of <see cref="Recalled"/>.</summary>
    public long RecalledTokens { get; init; }

    /// <summary>Archives of the session, those not yet switched included.</summary>
    public required int TotalArchives { get; init; }

    /// <summary>Archives that the overview stands for, or of which a message or the abstract is here; each counts once.</summary>
    public required int IncludedArchives { get; init; }

    /// <summary>Switched archives without an overview.</summary>
    public required int FailedArchives { get; init; }
}
