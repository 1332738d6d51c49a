namespace DurableSessions.Core.Context;

/// <summary>What a context has of archives that its overview covers.</summary>
/// <param name="Abstracts">The newest first.</param>
/// <param name="AbstractTokens">Their estimated tokens.</param>
/// <param name="Messages">The oldest first.</param>
internal sealed record ArchivedContext(
    IReadOnlyList<ArchiveAbstract> Abstracts, long AbstractTokens, IReadOnlyList<ContextMessage> Messages)
{
    /// <summary>Nothing.</summary>
    public static ArchivedContext None { get; } = new([], 0, []);
}
