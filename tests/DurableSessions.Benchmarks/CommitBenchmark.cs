using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Benchmarks;

/// <summary>A commit from its request to its end, beside the storage requests it makes, sent bare one after the other.</summary>
internal static class CommitBenchmark
{
    private const int Rounds = 100;
    private const int SmallBytes = 1_500;

    public static async Task RunAsync(Bench bench)
    {
        Console.WriteLine("| commit | bare storage calls, median | ours, median | ratio | ours, p99 | one at a time |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (int messages in (int[])[1, 100])
        {
            var key = new SessionKey("bench", "bench", $"commit-{messages}");
            NewMessage[] batch = [.. Enumerable.Range(0, messages).Select(_ => Bench.Message(500))];
            byte[] block = new byte[messages * 650];
            await Bench.CompareAsync(
                $"{messages} message(s)",
                Rounds,
                async round =>
                {
                    // The append belongs to what is committed, in both.
                    await BareAsync(bench.Storage.Container, $"bare/commit-{messages}-{round}/", block);
                },
                async _ =>
                {
                    await bench.Store.Sessions.AppendAsync(key, batch, null, CancellationToken.None);
                    CommitAnswer answer = await bench.Store.Commits.CommitAsync(key, new CommitRequest(), CancellationToken.None);
                    await bench.Client.WaitForInstanceCompletionAsync(answer.Task!.TaskId, CancellationToken.None);
                });
        }

        Console.WriteLine();
    }

    private static async Task BareAsync(BlobContainerClient container, string prefix, byte[] block)
    {
        AppendBlobClient live = container.GetAppendBlobClient(prefix + "live");
        await live.CreateAsync();
        using (var content = new MemoryStream(block))
        {
            await live.AppendBlockAsync(content);
        }

        await Task.WhenAll(PutAsync("by-user"), PutAsync("by-session"));
        await PutAsync("active");
        await MissAsync("record");
        await PutAsync("manifest");
        await live.SealAsync();
        await live.DownloadContentAsync();
        await container.GetBlobClient(prefix + "messages").UploadAsync(new BinaryData(block), overwrite: true);
        await PutAsync("active");
        await PutAsync("manifest");
        await PutAsync("active");
        await MissAsync("semantic");
        await PutAsync("semantic");
        await PutAsync("active");
        await PutAsync("record");
        await PutAsync("index");
        await PutAsync("manifest");
        await live.DeleteAsync();
        await PutAsync("finished");
        await container.GetBlobClient(prefix + "active").DeleteAsync();

        Task PutAsync(string name) => container.GetBlobClient(prefix + name).UploadAsync(
            new BinaryData(new byte[SmallBytes]),
            new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" } });

        async Task MissAsync(string name)
        {
            try
            {
                await container.GetBlobClient(prefix + "missing-" + name).DownloadContentAsync();
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                // As it should be.
            }
        }
    }
}
