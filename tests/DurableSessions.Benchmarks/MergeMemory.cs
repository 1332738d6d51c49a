using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Benchmarks;

/// <summary>
/// What a merge of as many segments as are merged at once takes: what is in use, found by collecting all the time, and in another run
/// what is in use or not collected yet.
/// </summary>
internal sealed class MergeMemory(IServiceProvider services, UserKey user)
{
    private const int Inputs = 8;

    // Less than an eighth of what is merged at once.
    private const int MessagesOfInput = 480_000;

    private readonly SessionStorage _storage = services.GetRequiredService<SessionStorage>();

    /// <summary>Merges the user's own segments, the shortest first.</summary>
    public async Task MeasureOwnAsync()
    {
        var segments = new List<ListedSegment>();
        await foreach (BlobItem blob in _storage.Container.GetBlobsAsync(new GetBlobsOptions { Prefix = BlobNames.SearchOfUser(user) }))
        {
            segments.Add(ListedSegment.Of(blob));
        }

        long bytes = 0;
        await MeasureAsync(
            "of usual messages", [.. segments.OrderBy(static s => s.Bytes).TakeWhile(s => (bytes += s.Bytes) <= MergePlan.MaxBytes)]);
    }

    /// <summary>Merges segments of messages that have one word each, which no other message has: much of them is held.</summary>
    public async Task MeasureWorstAsync()
    {
        SessionKey session = user.Session("worst");
        SessionStore store = services.GetRequiredService<SessionStore>();
        await store.Sessions.AppendAsync(session, [Bench.Message(1)], null, CancellationToken.None);
        string incarnation = await store.Sessions.IncarnationAsync(session, CancellationToken.None);
        var segments = new List<ListedSegment>();
        for (int input = 0; input < Inputs; input++)
        {
            string name = BlobNames.MergedSegment(user, 1, input.ToString("x32", CultureInfo.InvariantCulture));
            await using (var blob = new BlockBlobStream(_storage.Container, name))
            {
                await WriteAsync(blob, session, incarnation, input);
                await blob.CompleteAsync(CancellationToken.None);
                segments.Add(new ListedSegment(name, blob.Length, DateTimeOffset.UnixEpoch));
            }

            GC.Collect();
        }

        await MeasureAsync("of messages of one word each, which no other has", segments);
        foreach (ListedSegment segment in segments)
        {
            await _storage.Container.DeleteBlobAsync(segment.Name);
        }
    }

    private async Task MeasureAsync(string what, IReadOnlyList<ListedSegment> segments)
    {
        long live = await MergeAsync(segments, collects: true);
        long all = await MergeAsync(segments, collects: false);
        double merged = segments.Sum(static s => s.Bytes) / (double)(1024 * 1024);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| merging {segments.Count} segments {what}, {merged:N0} MiB "
            + $"| {live:N0} MiB in use, {all:N0} MiB with what was not collected yet |"));
    }

    // In MiB, at most, more than before.
    private async Task<long> MergeAsync(IReadOnlyList<ListedSegment> segments, bool collects)
    {
        IndexMerger merger = services.GetRequiredService<IndexMerger>();
        long before = Settled();
        using var done = new CancellationTokenSource();
        Task<long> peak = Task.Run(() => Peak(collects, done.Token));
        MergedSegments merged = await merger.MergeAsync(new MergeGroup(user, segments), CancellationToken.None);
        await done.CancelAsync();
        await _storage.Container.DeleteBlobAsync(merged.Output);
        return (await peak - before) / (1024 * 1024);
    }

    // What has a finalizer is gone after the collection that follows it.
    private static long Settled()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static long Peak(bool collects, CancellationToken cancellationToken)
    {
        long peak = 0;
        do
        {
            if (collects)
            {
                GC.Collect();
            }

            peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
        }
        while (!cancellationToken.WaitHandle.WaitOne(collects ? 100 : 5));

        return peak;
    }

    private static async Task WriteAsync(Stream output, SessionKey session, string incarnation, int input)
    {
        var writer = new SegmentWriter(output);
        using var rows = new MemoryStream();
        using var lengths = new MemoryStream();
        byte[] row = new byte[SegmentFormat.RowBytes];
        byte[] one = new byte[SegmentFormat.LengthBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(one, 1);
        for (int message = 0; message < MessagesOfInput; message++)
        {
            writer.BeginTerm(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{message:x6}{input}")));
            writer.Add(message, 1);
            await writer.EndTermAsync(CancellationToken.None);
            SegmentFormat.WriteRow(row, DateTimeOffset.UnixEpoch, (uint)message, 100, 0);
            rows.Write(row);
            lengths.Write(one);
        }

        var archive = new SegmentArchive(session.Id, incarnation, CommitId.New(DateTimeOffset.UnixEpoch), 1, input + 1, 0);
        await writer.FinishAsync(
            rows, lengths, MessagesOfInput, [("user", null)], [(archive, MessagesOfInput)], CancellationToken.None);
    }
}
