using System.Diagnostics;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Benchmarks;

/// <summary>What the process holds after many sessions, and while a large one is committed.</summary>
internal static class MemoryBenchmark
{
    private const int Sessions = 10_000;
    private const long LiveBytes = 100L * 1024 * 1024;
    private const int MessageCharacters = 10_000;

    public static async Task RunAsync(Bench bench)
    {
        NewMessage[] message = [Bench.Message(500)];
        await bench.Store.Sessions.AppendAsync(new SessionKey("bench", "bench", "warm-up"), message, null, CancellationToken.None);
        long before = Settled();
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = 16 };
        await Parallel.ForEachAsync(Enumerable.Range(0, Sessions), atOnce, async (i, cancellationToken) =>
            await bench.Store.Sessions.AppendAsync(new SessionKey("bench", "bench", $"many-{i}"), message, null, cancellationToken));
        long after = Settled();
        long more = after - before;
        Bench.Print($"{Sessions} sessions touched: {more / 1e6:F0} MB more than before ({more / (double)Sessions / 1024:F1} KiB each)");

        var key = new SessionKey("bench", "bench", "large");
        NewMessage[] batch = [.. Enumerable.Range(0, 100).Select(_ => Bench.Message(MessageCharacters))];
        for (long live = 0; live < LiveBytes; live += 100 * MessageCharacters)
        {
            await bench.Store.Sessions.AppendAsync(key, batch, null, CancellationToken.None);
        }

        before = Settled();
        long start = Stopwatch.GetTimestamp();
        CommitAnswer answer = await bench.Store.Commits.CommitAsync(key, new CommitRequest(), CancellationToken.None);
        using var done = new CancellationTokenSource();
        Task<long> peak = PeakAsync(done.Token);
        await bench.Client.WaitForInstanceCompletionAsync(answer.Task!.TaskId, CancellationToken.None);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await done.CancelAsync();
        const long LiveMebibytes = LiveBytes / 1024 / 1024;
        double most = (await peak - before) / 1e6;
        Bench.Print(
            $"commit of {LiveMebibytes} MiB of live messages: {seconds:F1} s, at most {most:F0} MB of managed memory more than before");
    }

    private static long Settled() => GC.GetTotalMemory(forceFullCollection: true);

    private static async Task<long> PeakAsync(CancellationToken cancellationToken)
    {
        long peak = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
            await Task.Delay(5, CancellationToken.None);
        }

        return peak;
    }
}
