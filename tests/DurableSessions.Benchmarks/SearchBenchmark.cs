using System.Diagnostics;
using System.Globalization;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;

namespace DurableSessions.Benchmarks;

/// <summary>What the index of one user's messages takes, and how long a search of it does, in memory.</summary>
internal static class SearchBenchmark
{
    private const int MessagesOfArchive = 500;
    private const int WordsOfMessage = 80;
    private const int Vocabulary = 200_000;
    private const int ArchivesOfSegment = 200;
    private const int Queries = 200;

    /// <summary>The most words of a query; the fewest are two.</summary>
    private const int WordsOfQuery = 8;

    public static async Task RunAsync(int messages)
    {
        var random = new Random(1);
        var words = new DrawnText(random, Vocabulary);
        long text = 0;
        var merged = new List<CountedBytes>();
        var inputs = new List<SegmentReader>();
        int archives = (messages + MessagesOfArchive - 1) / MessagesOfArchive;
        for (int number = 1; number <= archives; number++)
        {
            var builder = new SegmentBuilder(new SegmentArchive(
                "s", "i", new CommitId(string.Create(CultureInfo.InvariantCulture, $"c{number:D31}")), 1, number, Part: 0));
            long offset = 0;
            for (int i = 0; i < MessagesOfArchive; i++)
            {
                string said = words.Draw(random, WordsOfMessage);
                text += said.Length;
                builder.Add(new SegmentMessage(
                    i % 2 == 0 ? "user" : "assistant", null, DateTimeOffset.UnixEpoch.AddMinutes(i), said, offset, said.Length + 150));
                offset += said.Length + 150;
            }

            using var one = new MemoryStream();
            await builder.WriteAsync(one, CancellationToken.None);
            inputs.Add(await SegmentReader.OpenAsync(new CountedBytes(one.ToArray()), CancellationToken.None));
            if (inputs.Count == ArchivesOfSegment || number == archives)
            {
                using var many = new MemoryStream();
                await SegmentMerger.MergeAsync(inputs, static _ => true, many, CancellationToken.None);
                merged.Add(new CountedBytes(many.ToArray()));
                inputs.Clear();
            }
        }

        long index = merged.Sum(static m => m.Length);
        long start = Stopwatch.GetTimestamp();
        SegmentReader[] readers =
            await Task.WhenAll(merged.Select(static m => SegmentReader.OpenAsync(m, CancellationToken.None)));
        await SearchAsync(readers, words.Draw(random, WordsOfQuery));
        TimeSpan cold = Stopwatch.GetElapsedTime(start);
        long requests = merged.Sum(static m => m.Requests);
        var latencies = new Latencies();
        for (int i = 0; i < Queries; i++)
        {
            string query = words.Draw(random, random.Next(2, WordsOfQuery + 1));
            long before = Stopwatch.GetTimestamp();
            await SearchAsync(readers, query);
            latencies.Add(Stopwatch.GetElapsedTime(before));
        }

        Bench.Print($"| {archives * MessagesOfArchive:N0} messages in {merged.Count} segments | |");
        Bench.Print($"|---|---|");
        Bench.Print($"| text | {text / 1e6:N1} MB |");
        Bench.Print($"| index | {index / 1e6:N1} MB, {100.0 * index / text:N1} % of the text |");
        Bench.Print($"| resident | {readers.Sum(static r => r.ResidentBytes) / 1e6:N1} MB |");
        Bench.Print($"| opened, and the first query | {cold.TotalMilliseconds:N0} ms, {requests} reads |");
        double reads = (merged.Sum(static m => m.Requests) - requests) / (double)Queries;
        Bench.Print($"| a query, p50 | {latencies.Percentile(0.5):N1} ms, {reads:N1} reads |");
        Bench.Print($"| p95 | {latencies.Percentile(0.95):N1} ms |");
    }

    private static Task<IReadOnlyList<MessageMatch>> SearchAsync(SegmentReader[] readers, string query) =>
        SegmentSearch.SearchAsync(readers, query, MessageFilter.None, 10, CancellationToken.None);

    private sealed class CountedBytes(byte[] bytes) : ISegmentBytes
    {
        private long _requests;

        public long Length => bytes.Length;

        public long Requests => Volatile.Read(ref _requests);

        public ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            return ValueTask.FromResult<ReadOnlyMemory<byte>>(bytes.AsMemory((int)offset, length));
        }
    }
}
