using Azure;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;

namespace DurableSessions.Testing.Tests;

/// <summary>Which faults are the same at a request that only reads.</summary>
public sealed class FaultKindTests(SimulatedFixture storage) : IClassFixture<SimulatedFixture>
{
    private const string Text = "as it is";

    /// <summary>Reads, by name.</summary>
    private static readonly Dictionary<string, Func<BlobContainerClient, Task<string>>> s_reads = new(StringComparer.Ordinal)
    {
        ["GET"] = static async c => (await c.GetBlobClient("b").DownloadContentAsync()).Value.Content.ToString(),
        ["HEAD"] = static async c => (await c.GetBlobClient("b").GetPropertiesAsync()).Value.ETag.ToString(),
        ["list"] = static async c =>
            string.Join(',', await c.GetBlobsAsync().Select(static b => $"{b.Name} {b.Properties.ETag}").ToArrayAsync()),
    };

    /// <summary>Each fault at each read.</summary>
    public static TheoryData<FaultKind, string> Cells =>
        [.. Enum.GetValues<FaultKind>().SelectMany(static kind => s_reads.Keys.Select(read => (kind, read)))];

    /// <summary>
    /// A fault that is none of its own there leaves storage as it was, and its client sees what it sees with the fault that stands for it.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cells))]
    public async Task At_a_read_a_fault_that_is_none_of_its_own_is_as_another(FaultKind kind, string read)
    {
        (string seen, StorageRequest request, bool isUnchanged) = await TryAsync(kind, read);
        Assert.False(request.IsWrite);
        Assert.True(isUnchanged);
        FaultKind? other = kind switch
        {
            FaultKind.DiesAfter => FaultKind.DiesBefore,
            FaultKind.ArrivesLate => FaultKind.AnswerLost,
            _ => null,
        };
        Assert.Equal(other is null && kind != FaultKind.SentTwice, kind.IsOwnAt(request));
        if (!kind.IsOwnAt(request))
        {
            Assert.Equal((await TryAsync(other, read)).Seen, seen);
        }
    }

    [Theory]
    [InlineData(FaultKind.DiesBefore)]
    [InlineData(FaultKind.DiesAfter)]
    [InlineData(FaultKind.AnswerLost)]
    [InlineData(FaultKind.ArrivesLate)]
    [InlineData(FaultKind.SentTwice)]
    public async Task At_a_write_each_is_one_of_its_own(FaultKind kind)
    {
        var log = new RequestLog();
        SessionStorage blobs = await storage.NewStorageAsync(log.Configure);
        await blobs.Container.GetBlobClient("b").UploadAsync(BinaryData.FromString(Text));
        Assert.True(kind.IsOwnAt(Assert.Single(log.Requests)));
    }

    // What the client sees of a read at which a fault happens, or none; the address of each container is another one.
    private async Task<(string Seen, StorageRequest Request, bool IsUnchanged)> TryAsync(FaultKind? kind, string read)
    {
        var faults = new FaultTransport();
        var log = new RequestLog();
        SessionStorage blobs = await storage.NewStorageAsync(options =>
        {
            options.Retry.MaxRetries = 0;
            faults.Configure(options);
            log.Configure(options);
        });
        BlobContainerClient plain = (await storage.ConnectAsync(blobs.Container.Name)).Container;
        await plain.GetBlobClient("b").UploadAsync(BinaryData.FromString(Text));
        string before = await s_reads["list"](plain);
        log.Clear();
        Func<Task> deliver = kind is { } fault ? faults.Inject(fault, faults.Requests + 1) : static () => Task.CompletedTask;
        Task<string> reading = s_reads[read](blobs.Container);
        string seen = await Task.WhenAny(reading, faults.Stopped) == reading ? await OutcomeAsync(reading) : "nothing";
        StorageRequest request = Assert.Single(log.Requests);
        await deliver();
        faults.FailHanging();
        await OutcomeAsync(reading);
        bool isUnchanged = await s_reads["list"](plain) == before;

        // Another container has other versions.
        string version = (await plain.GetBlobClient("b").GetPropertiesAsync()).Value.ETag.ToString().Trim('"');
        return (seen.Replace(version, "version", StringComparison.Ordinal), request, isUnchanged);
    }

    private static async Task<string> OutcomeAsync(Task<string> reading)
    {
        try
        {
            return await reading;
        }
        catch (RequestFailedException e)
        {
            return $"{e.Status} {e.ErrorCode} {e.Message.Split(Environment.NewLine)[0]}";
        }
    }
}
