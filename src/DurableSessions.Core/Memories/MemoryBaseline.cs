using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>
/// Shows a digest the memories of its user, and remembers what it was shown: the changes that come back were decided against that.
/// </summary>
internal sealed class MemoryBaseline(
    MemoryCatalogues catalogues, MemoryContents contents, UserKey user, IReadOnlyList<MemoryCategory> categories)
{
    private readonly Dictionary<(MemoryCategory, string), string> _shown = [];

    /// <summary>What the digest is given.</summary>
    public MemoryExtraction Extraction => new(categories, ReadAsync);

    /// <summary>
    /// The changes of a digest as far as they can be applied at all, with what each was decided against; and those that cannot.
    /// </summary>
    public (IReadOnlyList<MemoryChange> Changes, IReadOnlyList<MemorySkip> Skipped) Accept(IReadOnlyList<MemoryChange> wanted)
    {
        var changes = new List<MemoryChange>();
        var skipped = new List<MemorySkip>();
        foreach (MemoryChange change in wanted.Take(MemoryLimits.MaxChanges))
        {
            MemoryChange named = change with { Name = MemoryName.From(change.Name), Content = MemoryText.Clean(change.Content) };
            if (Refusal(named) is { } refusal)
            {
                skipped.Add(new MemorySkip(refusal, named.Category, named.Name));
            }
            else
            {
                changes.Add(named with { Base = _shown.GetValueOrDefault((named.Category, named.Name)) });
            }
        }

        if (wanted.Count > MemoryLimits.MaxChanges)
        {
            skipped.Add(new MemorySkip(
                $"{wanted.Count - MemoryLimits.MaxChanges} more changes than the {MemoryLimits.MaxChanges} that one digest may ask for"));
        }

        return (changes, skipped);
    }

    private async Task<IReadOnlyList<Memory>> ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Memory> memories = await new MemorySelector(catalogues, contents)
            .ReadAsync(user, categories, long.MaxValue, cancellationToken);
        foreach (Memory memory in memories)
        {
            _shown[(memory.Info.Category, memory.Info.Name)] = memory.Content;
        }

        return memories;
    }

    private string? Refusal(MemoryChange change) =>
        !categories.Contains(change.Category)
            ? "the session's memory policy does not allow this category"
            : MemoryAuthority.Refusal(change) is { } refusal
                ? refusal
                : change.Name.Length == 0 || !MemoryName.IsValid(change.Name)
                    ? "it has no name"
                    : change.Operation != MemoryOperation.Delete && string.IsNullOrWhiteSpace(change.Content)
                        ? "it has no content"
                        : change.Content.Length > MemoryLimits.MaxContentLength
                            ? $"it is longer than {MemoryLimits.MaxContentLength} characters"
                            : null;
}
