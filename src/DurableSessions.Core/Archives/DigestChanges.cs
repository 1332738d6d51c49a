namespace DurableSessions.Core.Archives;

/// <summary>
/// What was done to an archive's digest since its commit: the digests that are kept, and how many changes there were. It stands in the
/// archive's index entry, and one swap of that entry makes a change: on the entry that it was decided on, or not at all.
/// </summary>
/// <remarks>
/// Each change has a number, which is the next one of the entry that it was accepted on, and an id of its own. A change is made where its
/// number is the next one; where it is not, it was made before, by this request, or another change was first. So a host that comes late,
/// and a step that is run again, change nothing twice.
/// </remarks>
internal sealed record DigestChanges
{
    /// <summary>The most digests of one archive, the one in place included.</summary>
    public const int MaxVersions = 16;

    /// <summary>Of how many changes, the last ones, the requests are known.</summary>
    public const int MaxRequests = 16;

    /// <summary>How many changes were made, previews included; the number of the last one.</summary>
    public int Count { get; init; }

    /// <summary>The requests that made the last ones, oldest first, at most <see cref="MaxRequests"/>.</summary>
    public IReadOnlyList<string> Requests { get; init; } = [];

    /// <summary>The last change of what is in place; 0: there was none.</summary>
    public int InPlaceSince { get; init; }

    /// <summary>The digests, oldest first.</summary>
    public required IReadOnlyList<DigestVersion> Versions { get; init; }

    /// <summary>The digest that the last change let go; its blob is deleted after that change.</summary>
    public DigestVersion? Dropped { get; init; }

    /// <summary>As the archive's entry has it; before the first change, the digest in place is the only one.</summary>
    /// <param name="entry">The entry of an archive with a digest.</param>
    public static DigestChanges Of(ArchiveEntry entry) => entry.Digests ?? new DigestChanges
    {
        Versions =
        [
            new DigestVersion
            {
                Version = 1,
                Semantic = entry.Semantic!,
                WasInPlace = true,
                IsDegraded = entry.State == State.ArchiveState.Degraded,
            },
        ],
    };

    /// <summary>
    /// The oldest digest that was never in place, where there is no room for one more. Digests that were in place are never let go.
    /// </summary>
    public DigestVersion? FindDropped() =>
        Versions.Count < MaxVersions ? null : Versions.FirstOrDefault(static v => !v.WasInPlace);

    /// <summary>
    /// Whether a request made a change. One that waits long may find its number taken, and later ones too; where more than
    /// <see cref="MaxRequests"/> were made since it is not known, and not said.
    /// </summary>
    public bool IsMadeBy(int change, string request) => Requests.ElementAtOrDefault(Requests.Count - 1 - (Count - change)) == request;

    /// <summary>After one more change.</summary>
    public DigestChanges MadeBy(string request) =>
        this with { Count = Count + 1, Requests = [.. Requests.TakeLast(MaxRequests - 1), request] };

    /// <summary>Whether one more digest can be kept.</summary>
    public bool HasRoom => Versions.Count < MaxVersions || FindDropped() is not null;

    /// <summary>With one more digest, and without the one that <see cref="FindDropped"/> names.</summary>
    public DigestChanges With(string semantic, bool isDegraded)
    {
        DigestVersion? dropped = FindDropped();
        var added = new DigestVersion { Version = Versions[^1].Version + 1, Semantic = semantic, IsDegraded = isDegraded };
        return this with { Versions = [.. Versions.Where(v => v != dropped), added], Dropped = dropped };
    }
}
