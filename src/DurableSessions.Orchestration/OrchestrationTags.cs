using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace DurableSessions.Orchestration;

/// <summary>
/// The tags of an instance: never changed once made, in the order of their names, and equal where each name has the same value.
/// </summary>
internal sealed partial class OrchestrationTags : IReadOnlyDictionary<string, string>
{
    /// <summary>By this tag <c>DurableSessions.DurableTask</c> keeps <see cref="OrchestrationMetadata.Generation"/>.</summary>
    public const string Generation = "generation";

    private readonly SortedDictionary<string, string> _tags;

    private OrchestrationTags(IReadOnlyDictionary<string, string> tags) =>
        _tags = new SortedDictionary<string, string>(tags.ToDictionary(), StringComparer.Ordinal);

    /// <summary>No tags.</summary>
    public static OrchestrationTags Empty { get; } = new(new Dictionary<string, string>());

    public int Count => _tags.Count;

    public IEnumerable<string> Keys => _tags.Keys;

    public IEnumerable<string> Values => _tags.Values;

    public string this[string key] => _tags[key];

    /// <summary>A copy of tags that an engine has kept.</summary>
    public static OrchestrationTags From(IReadOnlyDictionary<string, string>? kept) =>
        kept as OrchestrationTags ?? (kept is { Count: > 0 } ? new OrchestrationTags(kept) : Empty);

    /// <summary>A copy of the tags that an instance is to have.</summary>
    /// <exception cref="ArgumentException">They are not within the bounds of <see cref="StartOrchestrationOptions.Tags"/>.</exception>
    public static OrchestrationTags Checked(IReadOnlyDictionary<string, string> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        if (tags.Count > StartOrchestrationOptions.MaxTags)
        {
            throw new ArgumentException(
                $"An instance has at most {StartOrchestrationOptions.MaxTags} tags; these are {tags.Count}.", nameof(tags));
        }

        foreach ((string name, string value) in tags)
        {
            if (!ValidName().IsMatch(name))
            {
                throw new ArgumentException("The name of a tag is 1 to 64 characters of A-Z a-z 0-9 - _ .", nameof(tags));
            }

            if (name == Generation)
            {
                throw new ArgumentException($"The tag '{name}' is reserved.", nameof(tags));
            }

            if (value is null || !ValidValue().IsMatch(value))
            {
                throw new ArgumentException(
                    $"The value of the tag '{name}' is not 0 to 128 characters of ASCII, from space to '~'.", nameof(tags));
            }
        }

        return From(tags);
    }

    public bool ContainsKey(string key) => _tags.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value) => _tags.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _tags.GetEnumerator();

    public override bool Equals(object? obj) => obj is OrchestrationTags other && _tags.SequenceEqual(other._tags);

    public override int GetHashCode() => _tags.Aggregate(0, static (hash, tag) => HashCode.Combine(hash, tag.Key, tag.Value));

    /// <summary>For logs and failures of tests.</summary>
    public override string ToString() => string.Join(", ", _tags.Select(static t => $"{t.Key}={t.Value}"));

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    [GeneratedRegex(@"\A[A-Za-z0-9\-_.]{1,64}\z")]
    private static partial Regex ValidName();

    [GeneratedRegex(@"\A[ -~]{0,128}\z")]
    private static partial Regex ValidValue();
}
