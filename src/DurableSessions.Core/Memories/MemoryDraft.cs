using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>
/// What a catalogue becomes by some changes, before it is written: each memory's content before and after, and the versions that
/// are to be written first.
/// </summary>
internal sealed class MemoryDraft(UserKey user, MemoryCatalogue start, MemoryContents contents, DateTimeOffset now)
{
    private readonly Dictionary<MemoryKey, Touched> _touched = [];
    private readonly List<MemorySkip> _skipped = [];

    /// <summary>What it starts from.</summary>
    public MemoryCatalogue Start => start;

    public bool HasDifferences => Differences().Any();

    /// <summary>Whether a version that is gone counts as empty.</summary>
    public bool ToleratesLoss { get; init; }

    public async Task ApplyAsync(MemoryChange change, CancellationToken cancellationToken)
    {
        Touched memory = await ReadAsync(change.Key, cancellationToken);
        string? current = memory.After;
        MemoryMerge merge = MemoryMerge.Of(change, current, memory.Sources);
        IReadOnlyList<string>? tags = TagsOf(change, memory);
        if (merge.IsThere && current is not null && !HaveSame(tags, memory.Tags))
        {
            _touched[change.Key] = memory with { Tags = tags };
            return;
        }

        string? refusal = merge.Refusal ?? (current is null ? RefusalOfNew(merge.Sources) : null);
        if (refusal is not null)
        {
            _skipped.Add(MemorySkip.Of(change.Key, refusal));
            return;
        }

        _touched[change.Key] = memory with
        {
            After = merge.Content,
            Sources = merge.Sources,
            Tags = merge.Content is null ? null : tags,
            HasOwnersWords = merge.Content is not null && (memory.HasOwnersWords || change.Sources == MemorySources.Owner),
        };
    }

    /// <summary>Takes a difference back: what came after it stays, where the two can be separated.</summary>
    public async Task UndoAsync(MemoryDifference difference, CancellationToken cancellationToken)
    {
        Touched memory = await ReadAsync(difference.Key, cancellationToken);
        string? current = memory.After;
        string? wanted = current == difference.After
            ? difference.Before
            : MemoryText.Rebase(current ?? "", difference.After, difference.Before ?? "");
        wanted = string.IsNullOrWhiteSpace(wanted) ? null : wanted;
        if (wanted?.Length > MemoryLimits.MaxContentLength
            || (current is null && wanted is not null && Count() >= MemoryLimits.MaxMemories))
        {
            _skipped.Add(MemorySkip.Of(difference.Key, "there is no room for what was there before"));
            return;
        }

        _touched[difference.Key] = memory with
        {
            After = wanted,
            Sources = wanted is null
                ? null
                : current is null || current == difference.After
                    ? difference.SourcesBefore
                    : difference.Before is null ? memory.Sources : MemoryAuthority.Union(memory.Sources, difference.SourcesBefore),
            Tags = wanted is null ? null : HaveSame(memory.Tags, difference.Tags) ? difference.TagsBefore : memory.Tags,
            HasOwnersWords = wanted is not null && (memory.HasOwnersWords || difference.SourcesBefore == MemorySources.Owner),
        };
    }

    /// <summary>
    /// Puts a content of the owner, or <see langword="null"/> for none, in the place of the present one, which need not be read. Its tags
    /// stay.
    /// </summary>
    public void Set(MemoryKey key, string? before, string? after)
    {
        IReadOnlyList<string>? tags = start.Find(key)?.Tags;
        _touched[key] = new Touched(before, after, null, MemorySources.Owner, HasOwnersWords: after is not null)
        {
            TagsBefore = tags,
            Tags = after is null ? null : tags,
        };
    }

    /// <summary>The differences, and what was skipped.</summary>
    public MemoryDiff Diff(CommitId commitId) => new()
    {
        CommitId = commitId,
        AppliedAt = now,
        Changes =
        [
            .. Differences().Select(static t => new MemoryDifference
            {
                Category = t.Key.Category,
                Name = t.Key.Name,
                Peer = t.Key.Peer,
                Before = t.Memory.Before,
                After = t.Memory.After,
                SourcesBefore = t.Memory.SourcesBefore,
                Sources = t.Memory.Sources,
                TagsBefore = t.Memory.TagsBefore,
                Tags = t.Memory.Tags,
            }),
        ],
        Skipped = _skipped,
    };

    /// <summary>Writes the new versions, which no client sees yet, and returns the catalogue that names them.</summary>
    /// <param name="changedBy">The commit; <see langword="null"/>: the user.</param>
    /// <param name="changedIn">The session that the commit is of.</param>
    /// <param name="written">Gets each version before it is written.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<MemoryCatalogue> WriteAsync(
        string? changedBy, string? changedIn, List<MemoryInfo> written, CancellationToken cancellationToken)
    {
        MemoryCatalogue catalogue = start;
        foreach ((MemoryKey key, Touched memory) in Differences())
        {
            MemoryInfo? info = memory.After is null
                ? null
                : Info(key, memory) with { ChangedBy = changedBy, ChangedIn = changedIn };
            catalogue = catalogue.With(key, info);
            if (info is not null)
            {
                written.Add(info);
                await contents.WriteAsync(user, info, memory.After!, cancellationToken);
            }
        }

        return catalogue;
    }

    /// <summary>The versions that are not named any more once the draft is in force.</summary>
    public IEnumerable<MemoryInfo> Superseded() => Differences().Select(t => start.Find(t.Key)).OfType<MemoryInfo>();

    private async Task<Touched> ReadAsync(MemoryKey key, CancellationToken cancellationToken)
    {
        if (_touched.TryGetValue(key, out Touched? touched))
        {
            return touched;
        }

        MemoryInfo? info = start.Find(key);
        string? content = info is not null
            ? await contents.FindAsync(user, info, cancellationToken)
                ?? (ToleratesLoss ? "" : throw new MemoryVersionGoneException(info))
            : null;
        return new Touched(content, content, info?.Sources, info?.Sources, info?.HasOwnersWords ?? false)
        {
            TagsBefore = info?.Tags,
            Tags = info?.Tags,
        };
    }

    // A memory that has too many keeps its own, and the diff says so.
    private IReadOnlyList<string>? TagsOf(MemoryChange change, Touched memory)
    {
        IReadOnlyList<string>? tags = change.Tags is null ? memory.Tags : EventTags.Union(memory.Tags ?? [], change.Tags);
        if (tags is null || tags.Count <= EventTags.MaxTags)
        {
            return tags;
        }

        _skipped.Add(MemorySkip.Of(change.Key, $"with the commit's tags it would have more than {EventTags.MaxTags}, and keeps its own"));
        return memory.Tags;
    }

    private static bool HaveSame(IReadOnlyList<string>? tags, IReadOnlyList<string>? others) =>
        (tags ?? []).SequenceEqual(others ?? [], StringComparer.Ordinal);

    private IEnumerable<(MemoryKey Key, Touched Memory)> Differences() =>
        _touched.Where(static t => t.Value.Before != t.Value.After || !HaveSame(t.Value.TagsBefore, t.Value.Tags))
            .Select(static t => (t.Key, t.Value));

    private string? RefusalOfNew(MemorySources? sources) =>
        Count() >= MemoryLimits.MaxMemories
            ? $"there are {MemoryLimits.MaxMemories} memories, which is the most"
            : sources != MemorySources.Owner && CountOfOthers() >= MemoryLimits.MaxMemoriesOfOthers
                ? $"there are {MemoryLimits.MaxMemoriesOfOthers} memories that do not come from the owner's words alone, which is the most"
                : null;

    private int CountOfOthers() => start.Memories.Count(static m => m.Sources != MemorySources.Owner)
        + _touched.Values.Sum(static t => IsOfOthers(t.After, t.Sources) - IsOfOthers(t.Before, t.SourcesBefore));

    private static int IsOfOthers(string? content, MemorySources? sources) =>
        content is not null && sources != MemorySources.Owner ? 1 : 0;

    private int Count() => start.Memories.Count + _touched.Values.Sum(static t => (t.After is null ? 0 : 1) - (t.Before is null ? 0 : 1));

    private MemoryInfo Info(MemoryKey key, Touched memory) => new()
    {
        Category = key.Category,
        Name = key.Name,
        Peer = key.Peer,
        Version = Guid.NewGuid().ToString("N"),
        Revision = (start.Find(key)?.Revision ?? 0) + 1,
        Abstract = MemoryText.Abstract(memory.After!),
        Tokens = TokenEstimate.Of(memory.After),
        ChangedAt = now,
        Sources = memory.Sources,
        HasOwnersWords = memory.HasOwnersWords,
        Tags = memory.Tags,
    };

    private sealed record Touched(string? Before, string? After, MemorySources? SourcesBefore, MemorySources? Sources, bool HasOwnersWords)
    {
        public IReadOnlyList<string>? TagsBefore { get; init; }

        public IReadOnlyList<string>? Tags { get; init; }
    }
}
