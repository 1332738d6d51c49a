using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;

namespace DurableSessions.Benchmarks;

/// <summary>An append beside the one storage request it needs.</summary>
internal static class AppendBenchmark
{
    private const int Rounds = 1_000;

    public static async Task RunAsync(Bench bench)
    {
        Console.WriteLine("| append | bare storage calls, median | ours, median | ratio | ours, p99 | one at a time |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach ((int messages, int characters) in (ValueTuple<int, int>[])[(1, 500), (100, 500)])
        {
            var key = new SessionKey("bench", "bench", $"append-{messages}");
            AppendBlobClient blob = bench.Storage.Container.GetAppendBlobClient($"bare/append-{messages}");
            await blob.CreateAsync();
            NewMessage[] batch = [.. Enumerable.Range(0, messages).Select(_ => Bench.Message(characters))];
            byte[] block = new byte[messages * (characters + 150)];
            long position = 0;
            await Bench.CompareAsync(
                $"{messages} message(s) of {characters} characters",
                Rounds,
                async _ =>
                {
                    using var content = new MemoryStream(block);
                    await blob.AppendBlockAsync(content, new AppendBlobAppendBlockOptions
                    {
                        Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = position },
                    });
                    position += block.Length;
                },
                async _ => await bench.Store.Sessions.AppendAsync(key, batch, null, CancellationToken.None));
        }

        await TogetherAsync(bench);
        Console.WriteLine();
    }

    // Group commit: requests that arrive together share a block.
    private static async Task TogetherAsync(Bench bench)
    {
        const int Clients = 64;
        const int Each = 100;
        var key = new SessionKey("bench", "bench", "together");
        NewMessage[] message = [Bench.Message(500)];
        await bench.Store.Sessions.AppendAsync(key, message, null, CancellationToken.None);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (int i = 0; i < Each; i++)
            {
                await bench.Store.Sessions.AppendAsync(key, message, null, CancellationToken.None);
            }
        }));
        double seconds = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
        Bench.Print($"{Clients} clients on one session: {Clients * Each / seconds:F0} appends a second");
    }
}
