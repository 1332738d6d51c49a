namespace DurableSessions.Core.Memories;

/// <summary>
/// What a change makes of a memory as it is now. It was decided against the memory as its digest saw it: where others changed it
/// since then, the change is merged into theirs.
/// </summary>
/// <param name="Content">The content after; <see langword="null"/>: there is no such memory after.</param>
/// <param name="Refusal">Why nothing is done; <see langword="null"/>: it is done.</param>
/// <param name="Sources">Where the content after may come from: a content that is replaced as a whole leaves none of its sources.</param>
internal sealed record MemoryMerge(string? Content, string? Refusal = null, MemorySources? Sources = null)
{
    private const string SaysSo = "it says so already";

    /// <summary>Whether nothing is done because the content is there: what else the change asks for may be.</summary>
    public bool IsThere => Refusal == SaysSo;

    public static MemoryMerge Of(MemoryChange change, string? current, MemorySources? sources)
    {
        string? after = change.Operation switch
        {
            MemoryOperation.Delete => null,
            _ when current is null => change.Content,
            MemoryOperation.Update => MemoryText.Rebase(current, change.Base, change.Content),
            _ => MemoryText.Union(current, change.Content),
        };
        bool standsAlone = current is null || (change.Operation == MemoryOperation.Update && change.Base == current);
        return change.Operation == MemoryOperation.Delete && current is null
            ? new MemoryMerge(null, "there is no such memory")
            : change.Operation == MemoryOperation.Delete && change.Base != current
                ? new MemoryMerge(
                    current,
                    change.Base is null
                        ? "its content was not shown to the digest, which may not delete what it has not seen"
                        : "it was changed since the digest looked at it, and stays")
                : after?.Length > MemoryLimits.MaxContentLength
                    ? new MemoryMerge(current, $"it would be longer than {MemoryLimits.MaxContentLength} characters")
                    : after?.Trim() == current?.Trim()
                        ? new MemoryMerge(current, SaysSo)
                        : new MemoryMerge(
                            after,
                            Sources: after is null ? null : standsAlone ? change.Sources : MemoryAuthority.Union(sources, change.Sources));
    }
}
