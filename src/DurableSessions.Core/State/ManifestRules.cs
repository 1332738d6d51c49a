using System.Globalization;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.State;

/// <summary>What holds in every manifest, since each is one compare-and-swap away from another one in which it holds.</summary>
internal static class ManifestRules
{
    /// <summary>The format that this version knows.</summary>
    public const int KnownFormat = 1;

    /// <summary>Throws where a manifest about to be written breaks a rule that the one before it keeps.</summary>
    /// <remarks>A manifest that damage has reached stays writable, so that its session can be deleted; an audit reports it.</remarks>
    /// <exception cref="BrokenManifestException">
    /// A rule that held would not hold any more, whether or not others were broken before.
    /// </exception>
    public static void EnsureKept(SessionKey key, Manifest? before, Manifest after)
    {
        if (before is not null && FindBrokenStep(before, after) is { } step)
        {
            throw new BrokenManifestException(key, step);
        }

        BrokenRule[] broken = [.. FindBroken(key, after)];
        if (broken.Length > 0 && before is not null)
        {
            HashSet<ManifestRule> already = [.. FindBroken(key, before).Select(static b => b.Rule)];
            broken = [.. broken.Where(b => !already.Contains(b.Rule))];
        }

        if (broken.Length > 0)
        {
            throw new BrokenManifestException(key, broken[0].Text);
        }
    }

    /// <summary>The rule that one manifest after another breaks, in words that follow "the manifest".</summary>
    public static string? FindBrokenStep(Manifest before, Manifest after)
    {
        if (after.Incarnation != before.Incarnation)
        {
            return before.DeletedAt is null ? "replaces a session that is not deleted" : null;
        }

        if (before.DeletedAt is not null)
        {
            return "changes a session that is deleted";
        }

        if (after.NextSegment < before.NextSegment || after.ArchiveCount < before.ArchiveCount || after.DecidedCount < before.DecidedCount)
        {
            return "takes back a number that was given out";
        }

        if (after.ExpiredArchives < before.ExpiredArchives)
        {
            return "brings back archives that have expired";
        }

        if (before.Pending.Any(p => after.FindPending(p.CommitId) is { } still && (still.Number, still.Attempt) != (p.Number, p.Attempt)))
        {
            return "gives a pending archive another number";
        }

        return FindDegradedStep(before, after) ?? FindLeft(before, after);
    }

    // Archives are digested again in order, each once. One is passed over only where a later digest, made without it, holds its messages.
    private static string? FindDegradedStep(Manifest before, Manifest after)
    {
        int reach = before.Overview?.Number ?? 0;
        bool isFurther = (after.Overview?.Number ?? 0) > reach;
        return (before.DegradedFrom, after.DegradedFrom) switch
        {
            (null, { } from) when from <= reach => $"has archive {from} digested again, which it does not show as degraded",
            ({ } was, { } from) when from < was || from > was + 1 => $"comes from archive {was} to {from} in digesting again",
            ({ } was, null) when was != reach && !isFurther => $"has archive {was + 1} digested again no more",
            _ => null,
        };
    }

    // A message goes from live to the archive that consumes its segment, and to no other place.
    private static string? FindLeft(Manifest before, Manifest after)
    {
        HashSet<string> left = [.. before.Live.Select(static s => s.Name).Except(after.Live.Select(static s => s.Name))];
        string[] consumed = [.. after.Pending.Where(p => before.FindPending(p.CommitId) is null).SelectMany(static p => p.Segments)];
        return consumed.Length > 0 && !left.SetEquals(consumed)
            ? $"makes an archive of segments [{string.Join(", ", consumed)}], while [{string.Join(", ", left)}] leave live"
            : null;
    }

    /// <summary>Why nothing more can be said of a manifest; <see langword="null"/> where something can.</summary>
    public static string? FindUnreadable(Manifest manifest)
    {
        if (manifest.Format != KnownFormat)
        {
            return $"has format {manifest.Format}; this version knows {KnownFormat}";
        }

        // The serializer takes null for a list.
        object?[] required =
            [manifest.Live, manifest.Pending, manifest.Uncovered, manifest.Closed, manifest.Incarnation, manifest.Settings];
        return required.Any(static r => r is null)
            || manifest.Live.Concat<object?>(manifest.Pending).Concat(manifest.Uncovered).Concat(manifest.Closed).Any(static r => r is null)
            || LacksName(manifest)
            ? "lacks something that every manifest has"
            : null;
    }

    // Nor does the serializer miss a segment's name or a commit's id: written again, an absent id is a null that it does not read.
    private static bool LacksName(Manifest manifest) =>
        manifest.Live.Any(static s => s.Name is null)
        || manifest.Pending.Any(static p => p is { CommitId.Value: null } or { Counts: null } or { Segments: null })
        || manifest.Pending.Any(static p => p.Segments.Contains(null!))
        || manifest.Uncovered.Any(static u => u.CommitId.Value is null)
        || manifest.Closed.Any(static c => c.CommitId.Value is null)
        || manifest.Cutting is { CommitId.Value: null };

    /// <summary>Each rule that does not hold.</summary>
    public static IEnumerable<BrokenRule> FindBroken(SessionKey key, Manifest manifest)
    {
        if (new SessionKey(manifest.Account, manifest.User, manifest.SessionId) != key)
        {
            yield return new BrokenRule(ManifestRule.Key, $"is that of {manifest.Account}/{manifest.User}/{manifest.SessionId}");
        }

        if (manifest.Live.Count == 0)
        {
            yield return new BrokenRule(ManifestRule.Live, "names no live segment");
            yield break;
        }

        string prefix = BlobNames.SegmentPrefix(key, manifest.Incarnation);
        if (manifest.Live.Any(s => !s.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            yield return new BrokenRule(ManifestRule.Names, "names a live segment of another session");
        }

        if (manifest.Live.DistinctBy(static s => s.Name).Count() != manifest.Live.Count)
        {
            yield return new BrokenRule(ManifestRule.Twice, "names a live segment twice");
        }

        if (manifest.Last.Immutable)
        {
            yield return new BrokenRule(ManifestRule.Last, "has no segment that takes appends");
        }

        if (FindMisnumbered(manifest, prefix) is { } misnumbered)
        {
            yield return new BrokenRule(
                ManifestRule.Numbered,
                $"names live segment {misnumbered}, whose number is not above those before it or was not given out");
        }

        if (manifest.Cutting is { } cutting && manifest.FindPending(cutting.CommitId) is not null)
        {
            yield return new BrokenRule(ManifestRule.CutPending, $"shows a cut of commit {cutting.CommitId}, whose archive is pending");
        }

        if (manifest.Closed.FirstOrDefault(c => IsInWork(manifest, c)) is { } closed)
        {
            yield return new BrokenRule(
                ManifestRule.Closed, $"shows attempt {closed.Attempt} of commit {closed.CommitId} as closed, and at work");
        }

        if (manifest.Cutting is { } cut && (cut.Segments < 1 || cut.Segments >= manifest.Live.Count))
        {
            yield return new BrokenRule(ManifestRule.Cut, $"shows a cut of {cut.Segments} of its {manifest.Live.Count} live segments");
        }

        foreach (BrokenRule broken in FindBrokenNumbers(manifest))
        {
            yield return broken;
        }
    }

    private static bool IsInWork(Manifest manifest, ClosedCommit closed) =>
        (manifest.Cutting is { } cut && cut.CommitId == closed.CommitId && cut.Attempt == closed.Attempt)
        || (manifest.FindPending(closed.CommitId) is { } pending && pending.Attempt == closed.Attempt);

    // What a commit retains has no number. Names that no version writes are for another rule.
    private static string? FindMisnumbered(Manifest manifest, string prefix)
    {
        int last = 0;
        foreach (SegmentReference segment in manifest.Live.Where(s => !s.Immutable && s.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            ReadOnlySpan<char> name = segment.Name.AsSpan(prefix.Length);
            if (int.TryParse(name[..Math.Max(0, name.IndexOf('-'))], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                if (number <= last || number >= manifest.NextSegment)
                {
                    return segment.Name;
                }

                last = number;
            }
        }

        return null;
    }

    private static IEnumerable<BrokenRule> FindBrokenNumbers(Manifest manifest)
    {
        List<int> pending = [.. manifest.Pending.Select(static p => p.Number)];
        List<int> uncovered = [.. manifest.Uncovered.Select(static u => u.Number)];
        if (!AreInOrder(pending, manifest.ArchiveCount) || manifest.Pending.DistinctBy(static p => p.CommitId).Count() != pending.Count)
        {
            yield return new BrokenRule(
                ManifestRule.Pending,
                $"has pending archives [{string.Join(", ", pending)}] of {manifest.ArchiveCount}, which are not in order or not different");
        }

        if (!AreInOrder(uncovered, manifest.ArchiveCount) || uncovered.Intersect(pending).Any())
        {
            yield return new BrokenRule(
                ManifestRule.Uncovered,
                $"has uncovered archives [{string.Join(", ", uncovered)}] of {manifest.ArchiveCount}, "
                + "which are not in order, or pending too");
        }

        int reach = manifest.Overview?.Number ?? 0;
        if (reach > manifest.ArchiveCount)
        {
            yield return new BrokenRule(ManifestRule.Overview, $"has an overview of archive {reach} of {manifest.ArchiveCount}");
        }

        if (manifest.DegradedFrom is { } from && (from < 1 || from > reach))
        {
            yield return new BrokenRule(
                ManifestRule.Degraded, $"has archives from {from} on to be digested again, and an overview up to archive {reach}");
        }

        if (manifest.ExpiredArchives < 0 || (manifest.ExpiredArchives > 0 && manifest.ExpiredArchives > manifest.LastExpirable))
        {
            yield return new BrokenRule(
                ManifestRule.Expired,
                $"has archives up to {manifest.ExpiredArchives} expired, an overview up to archive {reach}, and "
                + $"{manifest.DegradedFrom?.ToString(CultureInfo.InvariantCulture) ?? "none"} to be digested again");
        }

        if (pending.Any(n => n <= reach))
        {
            yield return new BrokenRule(
                ManifestRule.Order,
                $"has an overview up to archive {reach}, and archive {pending.First(n => n <= reach)} before it is still to be digested");
        }

        // What no overview reaches is in one of the two lists, so a gap shows within their length.
        HashSet<int> known = [.. pending, .. uncovered];
        for (int number = reach + 1; number <= manifest.ArchiveCount; number++)
        {
            if (!known.Contains(number))
            {
                yield return new BrokenRule(
                    ManifestRule.Gap,
                    $"has archive {number}, which is neither covered, nor uncovered, nor pending: its messages are in no context");
                yield break;
            }
        }
    }

    private static bool AreInOrder(List<int> numbers, int count) =>
        numbers.TrueForAll(n => n >= 1 && n <= count) && numbers.Zip(numbers.Skip(1)).All(static pair => pair.First < pair.Second);
}
