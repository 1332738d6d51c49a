namespace DurableSessions.Core.Merging;

/// <summary>
/// Which segments are merged: of those of similar size, where there are <see cref="Width"/> or more, the oldest <see cref="Width"/>. So a
/// user has at most seven of each of five sizes, and those of more than <see cref="FinalBytes"/>, each of which is merged no more; and an
/// archive's words are written again about once for each size.
/// </summary>
internal static class MergePlan
{
    /// <summary>How many segments of a size make one of the next.</summary>
    public const int Width = 8;

    /// <summary>A longer segment is merged no more.</summary>
    public const long FinalBytes = 64L * 1024 * 1024;

    /// <summary>Bytes of the segments that are merged at once; what is made of them is no longer.</summary>
    public const long MaxBytes = 2 * FinalBytes;

    /// <summary>Segments that are looked at; where there are more, the next plan looks at the others.</summary>
    public const int MaxSegments = 10_000;

    private static readonly long[] s_sizes = [64 * 1024, 512 * 1024, 4 * 1024 * 1024, 32 * 1024 * 1024, FinalBytes];

    /// <summary>Groups of segments, none of which is in two of them.</summary>
    /// <param name="segments">What there is.</param>
    /// <param name="skipped">Those that are left alone.</param>
    /// <param name="most">Groups at most.</param>
    public static IReadOnlyList<IReadOnlyList<ListedSegment>> Choose(
        IEnumerable<ListedSegment> segments, IReadOnlySet<string> skipped, int most) =>
    [
        .. segments
            .Where(s => s.Bytes <= FinalBytes && !skipped.Contains(s.Name))
            .GroupBy(static s => Array.FindIndex(s_sizes, size => s.Bytes <= size))
            .OrderBy(static g => g.Key)
            .SelectMany(ChooseOfSize)
            .Take(most),
    ];

    // Two always fit.
    private static IEnumerable<IReadOnlyList<ListedSegment>> ChooseOfSize(IEnumerable<ListedSegment> ofSize)
    {
        ListedSegment[] left = [.. ofSize.OrderBy(static s => s.WrittenAt).ThenBy(static s => s.Name, StringComparer.Ordinal)];
        while (left.Length >= Width)
        {
            long bytes = 0;
            ListedSegment[] group = [.. left.Take(Width).TakeWhile(s => (bytes += s.Bytes) <= MaxBytes)];
            yield return group;
            left = left[group.Length..];
        }
    }
}
