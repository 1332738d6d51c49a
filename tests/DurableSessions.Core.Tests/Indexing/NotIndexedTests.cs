using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Indexing;

/// <summary>
/// An archive that an earlier version switched is in no segment of the index: an audit finds it, and a repair has it found by its messages.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class NotIndexedTests
{
    private static readonly TimeSpan s_retention = TimeSpan.FromDays(5);

    private readonly SessionKey _key = new("acme", "ada", "s1");
    private readonly SessionKey _other = new("acme", "ada", "s2");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_repair_writes_what_is_missing_and_no_more() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 1, 8);
        await host.MergeToEndAsync(_key.Owner);
        await CommitAsync(host, _key, 9, 11);
        await CommitAsync(host, _other, 1, 2);
        Assert.Empty(await AuditAsync(host.Store.Audit));
        List<string> all = await SegmentsAsync(container);
        await DeleteAsync(container, static (s, n) => n >= 10 || s == "s2");
        Assert.Empty(await SearchAsync(host, "s1m10"));

        List<Finding> found = await AuditAsync(host.Store.Audit);
        Assert.Equal([("s1", 10), ("s1", 11), ("s2", 1), ("s2", 2)], found.Select(PlaceOf));
        Assert.All(found, static f => Assert.Equal(
            (FindingKind.ArchiveNotIndexed, FindingSeverity.Error, RepairState.Writable), (f.Kind, f.Severity, f.Repair)));
        Assert.Equal(all.Count - 4, (await SegmentsAsync(container)).Count);

        List<Finding> repaired = await AuditAsync(host.Store.Audit, repair: true);
        Assert.Equal(found.Select(PlaceOf), repaired.Select(PlaceOf));
        Assert.All(repaired, static f => Assert.Equal((FindingSeverity.Information, RepairState.Written), (f.Severity, f.Repair)));
        Assert.Equal(all, await SegmentsAsync(container));
        Assert.Equal(10, Assert.Single(await SearchAsync(host, "s1m10")).Archive!.Number);
        host.Log.Clear();
        Assert.Empty(await AuditAsync(host.Store.Audit, repair: true));
        Assert.DoesNotContain(host.Log.Requests, static r => r.Method == "PUT");
    });

    [Fact]
    public Task What_is_pending_or_cannot_be_read_is_not_written() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "s1m1");
        CommitInput commit = await host.ClearAsync(_key, "c1");
        Assert.DoesNotContain(await AuditAsync(host.Store.Audit, repair: true), static f => f.Kind == FindingKind.ArchiveNotIndexed);
        Assert.Empty(await SegmentsAsync(container));
        await host.SwitchAsync(commit, new SemanticOutcome(ArchiveState.Uncovered, null));
        await DeleteAsync(container, static (_, _) => true);
        BlobItem messages = await container.GetBlobsAsync(new() { Prefix = "archives/" }, Cancelled)
            .SingleAsync(static b => b.Name.EndsWith("messages.jsonl", StringComparison.Ordinal), Cancelled);
        await container.GetBlobClient(messages.Name).UploadAsync(BinaryData.FromString("no message\n"), overwrite: true, Cancelled);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        Finding found = Assert.Single(
            await AuditAsync(fresh.Store.Audit, repair: true), static f => f.Kind == FindingKind.ArchiveNotIndexed);
        Assert.Equal((FindingSeverity.Error, RepairState.None), (found.Severity, found.Repair));
        Assert.Empty(await SegmentsAsync(container));
    });

    [Fact]
    public Task A_repair_that_crashes_at_any_request_is_finished_by_the_next() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 1, 2);
        List<string> all = await SegmentsAsync(container);
        int at = 1;
        for (bool isOver = false; !isOver; at++)
        {
            foreach (bool isCarriedOut in (bool[])[false, true])
            {
                await DeleteAsync(container, static (_, _) => true);
                using Host dying = await Host.StartAsync(cluster, container.Name);
                dying.Faults.StopTheWorldAt(at, isCarriedOut);
                Task repair = AuditAsync(dying.Store.Audit, repair: true);
                isOver = await Task.WhenAny(repair, dying.Faults.Stopped) == repair;
                List<Finding> rest = await AuditAsync(host.Store.Audit, repair: true);
                Assert.All(rest, static f => Assert.Equal((FindingKind.ArchiveNotIndexed, RepairState.Written), (f.Kind, f.Repair)));
                Assert.Equal(all, await SegmentsAsync(container));
                Assert.Single(await SearchAsync(host, "s1m2"));
                Assert.Empty(await AuditAsync(host.Store.Audit));
            }
        }

        Assert.InRange(at, 20, 200);
    });

    /// <summary>It has gone while its segment is written: by the host that writes it, or, if that crashes, by the next repair.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public Task Nothing_stays_of_an_archive_that_has_gone_meanwhile(bool expires, bool crashes) => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        cluster.MaxTime = 4 * s_retention;
        var options = new SessionOptions { ArchiveRetention = s_retention, TaskRetention = TimeSpan.Zero };
        using Host host = await Host.RunAsync(cluster, container.Name, options, engine: Host.Seldom);
        await CommitAsync(host, _key, 1, 1);
        await Task.Delay(s_retention + TimeSpan.FromHours(1), cluster.Time, Cancelled);
        await CommitAsync(host, _key, 2, 4);
        await DeleteAsync(container, static (_, n) => n == 1);
        using Host repairing = await Host.StartAsync(cluster, container.Name, options);
        var write = new HoldsRequest();
        repairing.Faults.When(static r => r.Is("PUT", "search/"), write);
        Task<List<Finding>> repair = AuditAsync(repairing.Store.Audit, repair: true);
        await write.Arrived;
        if (expires)
        {
            await host.PurgeToEndAsync();
        }
        else
        {
            // Of what comes before its tombstone is removed, it takes care itself.
            await host.Store.Sessions.DeleteAsync(_key, Cancelled);
            await Task.Delay(TimeSpan.FromHours(25), cluster.Time, Cancelled);
        }

        await host.QuietAsync();
        Assert.DoesNotContain((_key.Id, 1), (await SegmentsAsync(container)).Select(PlaceOf));
        if (crashes)
        {
            repairing.Faults.StopTheWorldAt(repairing.Faults.Requests + 1);
            await write.ReleaseAsync();
            await repairing.Faults.Stopped;
            Assert.Contains((_key.Id, 1), (await SegmentsAsync(container)).Select(PlaceOf));
            Assert.Empty(await SearchAsync(host, "s1m1"));
            Finding orphan = Assert.Single(await AuditAsync(host.Store.Audit, repair: true));
            Assert.Equal(
                (expires ? FindingKind.OrphanedStaging : FindingKind.OrphanedSession, RepairState.Removed), (orphan.Kind, orphan.Repair));
        }
        else
        {
            await write.ReleaseAsync();
            Assert.Empty(await repair);
        }

        Assert.DoesNotContain((_key.Id, 1), (await SegmentsAsync(container)).Select(PlaceOf));
        Assert.Empty(await AuditAsync(host.Store.Audit, repair: true));
        Assert.DoesNotContain((_key.Id, 1), (await SegmentsAsync(container)).Select(PlaceOf));
    });

    [Fact]
    public Task What_is_merged_while_an_audit_looks_is_not_missing() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 1, 8);
        using Host auditing = await Host.StartAsync(cluster, container.Name);
        string ofSession = BlobNames.SearchOfSession(_key, await host.Store.Sessions.IncarnationAsync(_key, Cancelled));
        var listing = new HoldsRequest();
        auditing.Faults.When(r => r.Is("GET", ofSession) && r.Comp == "list", listing);
        Task<List<Finding>> audit = AuditAsync(auditing.Store.Audit, repair: true);
        await listing.Arrived;
        await host.MergeToEndAsync(_key.Owner);
        await listing.ReleaseAsync();
        Assert.Empty(await audit);
        Assert.Single(await SegmentsAsync(container));
    });

    /// <summary>So a crash between the parts of a long archive leaves one that the next repair takes for missing.</summary>
    [Fact]
    public Task Of_an_archive_of_several_parts_the_first_is_written_last() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        const int Length = ArchiveIndexer.LongBytes / 2;
        for (int i = 0; i <= ArchiveIndexer.MaxSegmentBytes / Length; i++)
        {
            await host.AppendAsync(_key, $"s1m{i} {new string('a', Length)}");
        }

        await host.CommitToEndAsync(_key);
        List<string> all = await SegmentsAsync(container);
        Assert.Equal(2, all.Count);
        await DeleteAsync(container, static (_, _) => true);
        host.Log.Clear();
        await AuditAsync(host.Store.Audit, repair: true);
        Assert.Equal(
            Enumerable.Reverse(all), host.Log.Requests.Where(static r => r.Is("PUT", "search/")).Select(static r => r.Blob));
        Assert.Single(await host.Store.MemorySearch.SearchAsync(_key.Owner, "s1m3", 10, where: null, Cancelled));
        await container.DeleteBlobAsync(all[0], cancellationToken: Cancelled);
        Assert.Equal(RepairState.Written, Assert.Single(await AuditAsync(host.Store.Audit, repair: true)).Repair);
        Assert.Equal(all, await SegmentsAsync(container));
    });

    private static async Task CommitAsync(Host host, SessionKey key, int first, int last)
    {
        for (int number = first; number <= last; number++)
        {
            await host.AppendAsync(key, $"{key.Id}m{number}");
            Assert.NotNull((await host.CommitToEndAsync(key)).Output);
        }
    }

    private static async Task DeleteAsync(BlobContainerClient container, Func<string, int, bool> which)
    {
        foreach (string name in await SegmentsAsync(container))
        {
            if (PlaceOf(name) is (not "", _) place && which(place.Session, place.Number))
            {
                await container.DeleteBlobAsync(name, cancellationToken: Cancelled);
            }
        }
    }

    private static (string Session, int Number) PlaceOf(string segment) =>
        BlobNames.FindSearchSegment(segment) is { } found ? (found.Commit.Session.Id, found.Number) : ("", 0);

    private static (string Session, int Number) PlaceOf(Finding finding) =>
        (finding.Session!.Split('/')[^1], BlobNames.FindIndexed(finding.Blob)!.Value);

    private static async Task<List<string>> SegmentsAsync(BlobContainerClient container) => await container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = BlobNames.Search }, Cancelled)
        .Select(static b => b.Name)
        .ToListAsync(Cancelled);

    // By their messages alone: the digests of these hosts have those words in no line.
    private static async Task<List<SearchHit>> SearchAsync(Host host, string query) =>
        [.. (await host.Store.MemorySearch.SearchAsync(new UserKey("acme", "ada"), query, 10, where: null, Cancelled))
            .Where(static h => h.Message is not null)];

    private static async Task<List<Finding>> AuditAsync(StorageAudit audit, bool repair = false)
    {
        var options = new AuditOptions { Repair = repair, OrphanAge = TimeSpan.Zero };
        return await audit.RunAsync(options, cancellationToken: Cancelled).ToListAsync(Cancelled);
    }
}
