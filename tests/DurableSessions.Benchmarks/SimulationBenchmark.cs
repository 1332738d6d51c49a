using System.Diagnostics;
using System.Globalization;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Benchmarks;

/// <summary>How many requests a second the simulated storage of the tests answers, by itself and below the storage client.</summary>
internal static class SimulationBenchmark
{
    private const int Threads = 2;

    /// <summary>Of each client: an append, a read, a write with a condition and a look, in turn.</summary>
    private const int Rounds = 20_000;

    private const int BodyBytes = 500;

    /// <summary>Fewer than an append blob takes.</summary>
    private const int AppendsPerBlob = 1_000;

    /// <summary>Requests of one run in a cluster; a run has a limit.</summary>
    private const int RoundsOfRun = 2_000;

    public static async Task RunAsync()
    {
        Console.WriteLine("| simulated storage | requests a second | processor time each |");
        Console.WriteLine("|---|---|---|");
        for (int run = 0; run < 3; run++)
        {
            await PrintAsync($"below the client, {Threads} threads, a container each", Threads * Rounds * 4, BelowClientAsync);
            await PrintAsync($"{Threads} clients at the same time, a container each", Threads * Rounds * 4, ClientsAsync);
            await PrintAsync("one client", Rounds * 4, static () => ClientAsync(new SimulatedStorage(), 0));
            await PrintAsync("one client, which signs and traces nothing", Rounds * 4, UnsignedAsync);
            await PrintAsync(
                $"a cluster, {Threads} clients, in order", Threads * RoundsOfRun * 4, static () => ClusterAsync(Schedule.InOrder));
            await PrintAsync(
                $"a cluster, {Threads} clients, uniform", Threads * RoundsOfRun * 4, static () => ClusterAsync(Schedule.Uniform(1)));
        }
    }

    private static async Task PrintAsync(string what, int requests, Func<Task> run)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        await run();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Bench.Print(
            $"| {what} | {requests / seconds:N0} | {(Environment.CpuUsage.TotalTime - before).TotalMicroseconds / requests:F1} µs |");
    }

    private static Task BelowClientAsync()
    {
        var storage = new SimulatedStorage();
        return Task.WhenAll(Enumerable.Range(0, Threads).Select(n => Task.Factory.StartNew(
            () => Send(storage, $"c{n}"), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    private static void Send(SimulatedStorage storage, string container)
    {
        byte[] body = new byte[BodyBytes];
        SimulatedAnswer Answer(RequestMethod method, string path, byte[]? content, params ReadOnlySpan<(string Name, string Value)> headers)
        {
            Request request = HttpClientTransport.Shared.CreateRequest();
            request.Method = method;
            request.Uri.Reset(new Uri(SimulatedStorage.Address, path));
            foreach ((string name, string value) in headers)
            {
                request.Headers.Add(name, value);
            }

            if (content is not null)
            {
                request.Content = RequestContent.Create(content);
            }

            using var message = new HttpMessage(request, new ResponseClassifier());
            SimulatedAnswer answer = storage.Answer(SimulatedRequest.From(message));
            return answer.Status < 300 ? answer : throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"{path}: {answer.Status}"));
        }

        Answer(RequestMethod.Put, $"{container}?restype=container", null);
        string version = Answer(RequestMethod.Put, $"{container}/b", body, ("x-ms-blob-type", "BlockBlob")).Headers["ETag"];
        for (int round = 0; round < Rounds; round++)
        {
            string log = string.Create(CultureInfo.InvariantCulture, $"{container}/log{round / AppendsPerBlob}");
            if (round % AppendsPerBlob == 0)
            {
                Answer(RequestMethod.Put, log, null, ("x-ms-blob-type", "AppendBlob"));
            }

            Answer(RequestMethod.Put, $"{log}?comp=appendblock", body);
            Answer(RequestMethod.Get, $"{container}/b", null);
            SimulatedAnswer written = Answer(
                RequestMethod.Put, $"{container}/b", body, ("x-ms-blob-type", "BlockBlob"), ("If-Match", version));
            version = written.Headers["ETag"];
            Answer(RequestMethod.Head, $"{container}/b", null);
        }
    }

    private static Task ClientsAsync()
    {
        var storage = new SimulatedStorage();
        return Task.WhenAll(Enumerable.Range(0, Threads).Select(n => Task.Run(() => ClientAsync(storage, n))));
    }

    private static Task ClientAsync(SimulatedStorage storage, int number) =>
        UseNewAsync(SessionStorage.Connect(
            SimulatedStorage.ConnectionString, string.Create(CultureInfo.InvariantCulture, $"c{number}"), storage.Configure));

    // As the clients of the tests are.
    private static Task UnsignedAsync() => UseNewAsync(new SimulatedStorage().Connect("c"));

    private static async Task UseNewAsync(SessionStorage storage)
    {
        await storage.Container.CreateAsync();
        await UseAsync(storage.Container, Rounds);
    }

    private static Task ClusterAsync(Schedule schedule) => SimulatedCluster.RunAsync(schedule, static cluster =>
        Task.WhenAll(Enumerable.Range(0, Threads).Select(async _ => await UseAsync(await cluster.NewContainerAsync(), RoundsOfRun))));

    private static async Task UseAsync(BlobContainerClient container, int rounds)
    {
        byte[] body = new byte[BodyBytes];
        BlobClient blob = container.GetBlobClient("b");
        ETag version = (await blob.UploadAsync(BinaryData.FromBytes(body))).Value.ETag;
        AppendBlobClient log = container.GetAppendBlobClient("log");
        for (int round = 0; round < rounds; round++)
        {
            if (round % AppendsPerBlob == 0)
            {
                log = container.GetAppendBlobClient(string.Create(CultureInfo.InvariantCulture, $"log{round / AppendsPerBlob}"));
                await log.CreateAsync();
            }

            using var block = new MemoryStream(body);
            await log.AppendBlockAsync(block);
            await blob.DownloadContentAsync();
            var options = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfMatch = version } };
            version = (await blob.UploadAsync(BinaryData.FromBytes(body), options)).Value.ETag;
            await blob.GetPropertiesAsync();
        }
    }
}
