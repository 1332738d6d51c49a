namespace DurableSessions.Core.State;

/// <summary>
/// The tags of memories of what happened, as OpenViking has them: <c>key=value</c>, in lower case, one value for each key.
/// </summary>
public static class EventTags
{
    /// <summary>The most tags of a session's settings, of a commit, and of a memory.</summary>
    public const int MaxTags = 16;

    /// <summary>The longest tag, in characters.</summary>
    public const int MaxTagLength = 128;

    /// <summary>A tag as it is stored; <see langword="null"/>: it is none.</summary>
    /// <param name="tag">A key and a value of at least one character each, with one <c>=</c> between them.</param>
    public static string? Normalize(string tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        string normal = tag.Trim().ToLowerInvariant();
        int equals = normal.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && equals == normal.LastIndexOf('=') && equals < normal.Length - 1 && normal.Length <= MaxTagLength
            ? normal
            : null;
    }

    /// <summary>Tags, and others added to them: of each key the value that comes last, at the place of the first.</summary>
    /// <param name="tags">Tags as they are stored.</param>
    /// <param name="added">The same.</param>
    public static IReadOnlyList<string> Union(IReadOnlyList<string> tags, IReadOnlyList<string> added)
    {
        var values = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string tag in tags.Concat(added))
        {
            values[tag[..tag.IndexOf('=', StringComparison.Ordinal)]] = tag;
        }

        return [.. values.Values];
    }

    /// <summary>
    /// Of stored settings those that are tags, the first <see cref="MaxTags"/>: a host of an earlier version took any text.
    /// </summary>
    internal static IReadOnlyList<string> Of(SessionSettings settings) =>
        settings.MemoryExtractionConfig?.Events?.Tags is { } tags
            ? [.. Union([], [.. tags.Select(Normalize).OfType<string>()]).Take(MaxTags)]
            : [];

    /// <summary>Throws where these cannot be the tags of a commit.</summary>
    /// <exception cref="ArgumentException">There are too many, or one is not as it is stored.</exception>
    internal static void EnsureValid(IReadOnlyList<string> tags)
    {
        if (tags.Count > MaxTags || Union([], tags.Where(static t => Normalize(t) == t).ToArray()).Count != tags.Count)
        {
            throw new ArgumentException(
                $"Tags are at most {MaxTags} of key=value, in lower case, {MaxTagLength} characters each, one for each key.", nameof(tags));
        }
    }
}
