using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Core.Tests.Quotas;

/// <summary>A large account is listed in parts.</summary>
[Collection(nameof(Simulated))]
public sealed class AccountListingTests
{
    private static readonly AccountTotals s_all = new(Sessions: 5, Bytes: 5 + 3 + 2 + 1, WaitingCommits: 3);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    [InlineData(100, 100)]
    public Task Parts_add_up(int maxPages, int pageSize) => RunAsync(async storage =>
    {
        var listing = new AccountListing(storage, withBytes: true) { MaxPages = maxPages, PageSize = pageSize };
        AccountTotals sum = default;
        AccountListing.Place? place = default(AccountListing.Place);
        for (int part = 1; place is { } from; part++)
        {
            Assert.InRange(part, 1, 20);
            (AccountTotals more, place) = await listing.ReadAsync("acme", from, Cancelled);
            sum += more;
        }

        Assert.Equal(s_all, sum);
    });

    [Fact]
    public Task Manifests_alone_say_how_many_sessions_and_commits_there_are() => RunAsync(async storage =>
    {
        (AccountTotals sum, AccountListing.Place? next) = await new AccountListing(storage, withBytes: false)
            .ReadAsync("acme", default, Cancelled);
        Assert.Equal((5L, 3L), (sum.Sessions, sum.WaitingCommits));
        Assert.Null(next);
    });

    [Fact]
    public Task While_it_takes_parts_what_was_found_counts_and_what_this_host_adds() => Simulated.RunAsync(async cluster =>
    {
        SessionStorage storage = await SeedAsync(cluster);
        var listing = new AccountListing(storage, withBytes: false) { MaxPages = 1, PageSize = 2 };
        var quotas = new QuotaSettings { Sessions = 100, MeasureSeconds = 10 };
        var usage = new AccountUsage("acme", listing, quotas, cluster.Time, NullLogger.Instance);
        List<long> known = [];
        for (int i = 0; i < 5; i++)
        {
            using (await usage.ReserveAsync(new AccountTotals(WaitingCommits: 1), Cancelled))
            {
            }

            await Task.Delay(TimeSpan.FromSeconds(11), cluster.Time, Cancelled);
            known.Add(usage.Value.Sessions);
        }

        // Three parts of the first listing; the others add nothing before they have more than the one that has ended.
        Assert.Equal([2, 3, 5, 5, 5], known);
        usage.Add(new AccountTotals(Sessions: 1));
        Assert.Equal(6, usage.Value.Sessions);
    });

    private static Task RunAsync(Func<SessionStorage, Task> test) =>
        Simulated.RunAsync(async cluster => await test(await SeedAsync(cluster)));

    private static async Task<SessionStorage> SeedAsync(SimulatedCluster cluster)
    {
        SessionStorage storage = await cluster.ConnectAsync((await cluster.NewContainerAsync()).Name);
        for (int i = 0; i < 5; i++)
        {
            await PutAsync(storage, $"manifests/acme/u{i % 2}/s{i}.json", i == 3 ? ("waiting", "3") : null);
        }

        // Neither sessions nor of this account.
        await PutAsync(storage, "manifests/acme/u1/gone.json", ("deleted", "true"), bytes: 0);
        await PutAsync(storage, "manifests/acme2/u/s.json", null);
        await PutAsync(storage, "segments/acme2/u/s/i/1.jsonl", null);
        await PutAsync(storage, "segments/acme/u1/s/i/1.jsonl", null, bytes: 3);
        await PutAsync(storage, "archives/acme/u1/s/i/c/0/messages.jsonl", null, bytes: 2);
        await PutAsync(storage, "memories/acme/u1/catalogue.json", null);
        return storage;
    }

    private static Task PutAsync(SessionStorage storage, string name, (string Key, string Value)? metadata, int bytes = 1)
    {
        BlobClient blob = storage.Container.GetBlobClient(name);
        var options = new BlobUploadOptions
        {
            Metadata = metadata is { } one ? new Dictionary<string, string> { [one.Key] = one.Value } : null,
        };
        return blob.UploadAsync(BinaryData.FromString(new string('x', bytes)), options, Cancelled);
    }
}
