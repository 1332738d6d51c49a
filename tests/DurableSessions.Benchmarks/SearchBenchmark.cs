using System.Diagnostics;
using System.Globalization;
using System.Text;
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
        string[] words = [.. Enumerable.Range(0, Vocabulary).Select(i => Word(random, i))];
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
                string said = Text(random, words, WordsOfMessage);
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
        await SearchAsync(readers, Text(random, words, WordsOfQuery));
        TimeSpan cold = Stopwatch.GetElapsedTime(start);
        long requests = merged.Sum(static m => m.Requests);
        var latencies = new Latencies();
        for (int i = 0; i < Queries; i++)
        {
            string query = Text(random, words, random.Next(2, WordsOfQuery + 1));
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

    // Shorter words come more often, as in a language: about five letters on average in a text.
    private static string Word(Random random, int rank)
    {
        var word = new StringBuilder();
        for (int left = rank; left > 0 || word.Length < 3; left /= 40)
        {
            word.Append("bcdfghklmnprstvz"[random.Next(16)]).Append("aeiou"[random.Next(5)]);
        }

        return word.ToString();
    }

    // Zipf's law: the word of rank r comes about 1/r of the time.
    private static string Text(Random random, string[] words, int count)
    {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            text.Append(words[(int)Math.Pow(words.Length, random.NextDouble()) - 1]).Append(' ');
        }

        return text.ToString();
    }

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
