using DurableSessions.Core.Sessions;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Checking;

/// <summary>What holds in every manifest, since each is one compare-and-swap away from another one in which it holds.</summary>
internal static class ManifestRules
{
    /// <summary>The format that this version knows.</summary>
    public const int KnownFormat = 1;

    /// <summary>Why nothing more can be said of a manifest; <see langword="null"/> where something can.</summary>
    public static string? FindUnreadable(Manifest manifest)
    {
        if (manifest.Format != KnownFormat)
        {
            return $"has format {manifest.Format}; this version knows {KnownFormat}";
        }

        // The serializer takes null for a list.
        object?[] required = [manifest.Live, manifest.Pending, manifest.Uncovered, manifest.Closed, manifest.Incarnation, manifest.Settings];
        return required.Any(static r => r is null) || manifest.Live.Concat<object?>(manifest.Pending).Concat(manifest.Uncovered).Any(static r => r is null)
            ? "lacks something that every manifest has"
            : null;
    }

    /// <summary>Each rule that does not hold, in words that follow "the manifest".</summary>
    public static IEnumerable<string> FindBroken(SessionKey key, Manifest manifest)
    {
        if (new SessionKey(manifest.Account, manifest.User, manifest.SessionId) != key)
        {
            yield return $"is that of {manifest.Account}/{manifest.User}/{manifest.SessionId}";
        }

        if (manifest.Live.Count == 0)
        {
            yield return "names no live segment";
            yield break;
        }

        string prefix = BlobNames.SegmentPrefix(key, manifest.Incarnation);
        if (manifest.Live.Any(s => !s.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            yield return "names a live segment of another session";
        }

        if (manifest.Live.DistinctBy(static s => s.Name).Count() != manifest.Live.Count)
        {
            yield return "names a live segment twice";
        }

        if (manifest.Last.Frozen)
        {
            yield return "has no segment that takes appends";
        }

        if (manifest.Cutting is { } cut && (cut.Segments < 1 || cut.Segments >= manifest.Live.Count))
        {
            yield return $"shows a cut of {cut.Segments} of its {manifest.Live.Count} live segments";
        }

        foreach (string broken in FindBrokenNumbers(manifest))
        {
            yield return broken;
        }
    }

    private static IEnumerable<string> FindBrokenNumbers(Manifest manifest)
    {
        List<int> pending = [.. manifest.Pending.Select(static p => p.Number)];
        List<int> uncovered = [.. manifest.Uncovered.Select(static u => u.Number)];
        if (!AreInOrder(pending, manifest.ArchiveCount) || manifest.Pending.DistinctBy(static p => p.CommitId).Count() != pending.Count)
        {
            yield return $"has pending archives [{string.Join(", ", pending)}] of {manifest.ArchiveCount}, which are not in order or not different";
        }

        if (!AreInOrder(uncovered, manifest.ArchiveCount) || uncovered.Intersect(pending).Any())
        {
            yield return $"has uncovered archives [{string.Join(", ", uncovered)}] of {manifest.ArchiveCount}, which are not in order, or pending too";
        }

        int reach = manifest.Overview?.Number ?? 0;
        if (reach > manifest.ArchiveCount)
        {
            yield return $"has an overview of archive {reach} of {manifest.ArchiveCount}";
        }

        if (pending.Any(n => n <= reach))
        {
            yield return $"has an overview up to archive {reach}, and archive {pending.First(n => n <= reach)} before it is still to be digested";
        }

        // What no overview reaches is in one of the two lists, so a gap shows within their length.
        HashSet<int> known = [.. pending, .. uncovered];
        for (int number = reach + 1; number <= manifest.ArchiveCount; number++)
        {
            if (!known.Contains(number))
            {
                yield return $"has archive {number}, which is neither covered, nor uncovered, nor pending: its messages are in no context";
                yield break;
            }
        }
    }

    private static bool AreInOrder(List<int> numbers, int count) =>
        numbers.TrueForAll(n => n >= 1 && n <= count) && numbers.Zip(numbers.Skip(1)).All(static pair => pair.First < pair.Second);
}
