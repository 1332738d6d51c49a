using System.Globalization;
using DurableSessions.Core.Merging;

namespace DurableSessions.Core.Tests.Merging;

/// <summary>How many segments there are, and how often an archive is written again.</summary>
public sealed class MergePlanTests
{
    private static readonly HashSet<string> s_none = [];

    [Theory]
    [InlineData(3_000, 10_000)]
    [InlineData(25_000, 10_000)]
    [InlineData(1_000_000, 1_000)]
    public void Of_many_commits_a_few_dozen_segments_are_left(int bytesOfEach, int commits)
    {
        var segments = new List<ListedSegment>();
        var random = new Random(1);
        long written = 0;
        int most = 0;
        for (int commit = 1; commit <= commits; commit++)
        {
            segments.Add(Segment(commit, (bytesOfEach / 2) + random.Next(bytesOfEach)));
            if (commit % 16 != 0)
            {
                continue;
            }

            while (MergePlan.Choose(segments, s_none, 4) is { Count: > 0 } groups)
            {
                foreach (IReadOnlyList<ListedSegment> group in groups)
                {
                    long bytes = group.Sum(static s => s.Bytes);
                    Assert.InRange(bytes, 1, MergePlan.MaxBytes);
                    segments.RemoveAll(group.Contains);
                    segments.Add(new ListedSegment($"m{written}", bytes, At(commit)));
                    written += bytes;
                }
            }

            most = Math.Max(most, segments.Count(static s => s.Bytes <= MergePlan.FinalBytes));
        }

        Assert.InRange(most, 7, 5 * (MergePlan.Width - 1));
        long all = segments.Sum(static s => s.Bytes);
        Assert.InRange(segments.Count, 1, (5 * (MergePlan.Width - 1)) + (int)(all / MergePlan.FinalBytes));

        // Each size once, and the smallest until it is one of the next.
        Assert.InRange(written / (double)all, 1, 12);
    }

    [Fact]
    public void The_oldest_of_a_size_are_merged_and_no_other_is()
    {
        ListedSegment[] small = [.. Enumerable.Range(1, 9).Select(static i => Segment(i, 1_000))];
        ListedSegment[] others = [.. Enumerable.Range(10, 7).Select(static i => Segment(i, 100_000))];
        Assert.Equal(small.Take(8), Assert.Single(MergePlan.Choose([.. others, .. small.Reverse()], s_none, 4)));
        Assert.Equal(small.Skip(1), Assert.Single(MergePlan.Choose(small, new HashSet<string> { small[0].Name }, 4)));
        Assert.Empty(MergePlan.Choose(small.Skip(2).Concat(others), s_none, 4));
    }

    [Fact]
    public void No_group_is_longer_than_what_is_merged_at_once_and_each_has_two()
    {
        ListedSegment[] longest = [.. Enumerable.Range(1, 9).Select(static i => Segment(i, MergePlan.FinalBytes))];
        Assert.Equal(longest.Take(2), MergePlan.Choose(longest, s_none, 4)[0]);
        Assert.Empty(MergePlan.Choose([.. longest.Select(static s => s with { Bytes = s.Bytes + 1 })], s_none, 4));
    }

    private static ListedSegment Segment(int number, long bytes) =>
        new(number.ToString("D8", CultureInfo.InvariantCulture), bytes, At(number));

    private static DateTimeOffset At(int minute) => DateTimeOffset.UnixEpoch.AddMinutes(minute);
}
