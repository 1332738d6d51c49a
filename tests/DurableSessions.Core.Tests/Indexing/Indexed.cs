using System.Globalization;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Tests.Indexing;

/// <summary>Segments of archives that are given as the texts of their messages.</summary>
internal static class Indexed
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static SegmentArchive Archive(int number, string session = "s") =>
        new(session, "i1", new CommitId(string.Create(CultureInfo.InvariantCulture, $"c{number:D31}")), 1, number, Part: 0);

    public static async Task<byte[]> BytesAsync(SegmentArchive archive, params IReadOnlyList<string> texts)
    {
        var builder = new SegmentBuilder(archive);
        long offset = 0;
        for (int i = 0; i < texts.Count; i++)
        {
            builder.Add(new SegmentMessage(
                i % 2 == 0 ? "user" : "assistant", i % 3 == 0 ? null : $"p{i % 3}", Start.AddMinutes(i), texts[i], offset, 100 + i));
            offset += 101 + i;
        }

        using var output = new MemoryStream();
        await builder.WriteAsync(output, TestContext.Current.CancellationToken);
        return output.ToArray();
    }

    public static Task<SegmentReader> OpenAsync(byte[] bytes) =>
        SegmentReader.OpenAsync(new MemoryBytes(bytes), TestContext.Current.CancellationToken);

    public static async Task<SegmentReader> OpenAsync(SegmentArchive archive, params IReadOnlyList<string> texts) =>
        await OpenAsync(await BytesAsync(archive, texts));

    public static async Task<byte[]> MergeAsync(IEnumerable<byte[]> segments, Predicate<SegmentArchive>? keep = null)
    {
        SegmentReader[] readers = await Task.WhenAll(segments.Select(OpenAsync));
        using var output = new MemoryStream();
        await SegmentMerger.MergeAsync(readers, keep ?? (static _ => true), output, TestContext.Current.CancellationToken);
        return output.ToArray();
    }

    public static Task<IReadOnlyList<MessageMatch>> SearchAsync(
        IReadOnlyList<SegmentReader> segments, string query, MessageFilter? filter = null, int limit = SegmentSearch.MaxHits) =>
        SegmentSearch.SearchAsync(segments, query, filter ?? MessageFilter.None, limit, TestContext.Current.CancellationToken);
}
