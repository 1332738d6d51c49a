using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
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
        ["GET with a condition"] = static async c =>
        {
            BlobClient blob = c.GetBlobClient("b");
            var conditions = new BlobDownloadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = new ETag("another") } };
            return (await blob.DownloadContentAsync(conditions)).Value.Content.ToString();
        },
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
        bool isOwn = kind switch
        {
            FaultKind.Refused => read == "GET with a condition",
            _ => kind is FaultKind.NotCarriedOut or FaultKind.AnswerLost or FaultKind.ServerErrors,
        };
        Assert.Equal(isOwn, kind.IsOwnAt(request));
        if (other is not null || kind == FaultKind.SentTwice)
        {
            Assert.Equal((await TryAsync(other, read)).Seen, seen);
        }
    }

    /// <summary>Every third is not sent, the others are answered 503 and 429.</summary>
    [Fact]
    public async Task A_read_that_is_not_sent_is_as_one_whose_answer_is_lost()
    {
        int own = 0;
        foreach (int earlier in (int[])[0, 1, 2])
        {
            (string seen, StorageRequest request, _) = await TryAsync(FaultKind.NotCarriedOut, "GET", earlier);
            (string lost, _, _) = await TryAsync(FaultKind.AnswerLost, "GET", earlier);
            Assert.Equal(seen != lost, FaultKind.NotCarriedOut.IsOwnAt(request));
            own += seen != lost ? 1 : 0;
        }

        Assert.Equal(2, own);
    }

    /// <summary>At each request of a process that writes, reads twice, and writes.</summary>
    [Fact]
    public async Task A_process_that_dies_before_a_read_leaves_what_it_leaves_behind_the_write_before()
    {
        foreach ((FaultKind kind, int number, string left) in ((FaultKind, int, string)[])
            [
                (FaultKind.DiesAfter, 1, "one"), (FaultKind.DiesBefore, 2, "one"), (FaultKind.DiesBefore, 3, "one"),
                (FaultKind.DiesBefore, 4, "one"), (FaultKind.DiesAfter, 4, "two"),
            ])
        {
            var faults = new FaultTransport();
            SessionStorage blobs = await storage.NewStorageAsync(faults.Configure);
            BlobClient blob = blobs.Container.GetBlobClient("b");
            faults.Inject(kind, faults.Requests + number);
            Task acting = ActAsync(blob);
            await faults.Stopped;
            faults.FailHanging();
            await Assert.ThrowsAsync<AggregateException>(() => acting);
            BlobContainerClient plain = (await storage.ConnectAsync(blobs.Container.Name)).Container;
            Assert.Equal(left, (await plain.GetBlobClient("b").DownloadContentAsync()).Value.Content.ToString());
        }

        static async Task ActAsync(BlobClient blob)
        {
            await blob.UploadAsync(BinaryData.FromString("one"), overwrite: true);
            await blob.GetPropertiesAsync();
            await blob.DownloadContentAsync();
            await blob.UploadAsync(BinaryData.FromString("two"), overwrite: true);
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
    private async Task<(string Seen, StorageRequest Request, bool IsUnchanged)> TryAsync(FaultKind? kind, string read, int earlier = 0)
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
        for (int i = 0; i < earlier; i++)
        {
            await blobs.Container.GetBlobClient("b").ExistsAsync();
        }

        int sent = log.Count;
        Func<Task> deliver = kind is { } fault ? faults.Inject(fault, faults.Requests + 1) : static () => Task.CompletedTask;
        Task<string> reading = s_reads[read](blobs.Container);
        string seen = await Task.WhenAny(reading, faults.Stopped) == reading ? await OutcomeAsync(reading) : "nothing";
        StorageRequest request = Assert.Single(log.Requests.Skip(sent));
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
