using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Purging;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Purging;

/// <summary>Old archives of a session that lives on are deleted, whatever comes of a request, and every reader says what is true.</summary>
[Collection(nameof(Simulated))]
public sealed class OldArchivesTests
{
    private const int RequestsOfARun = 45;

    private static readonly TimeSpan s_retention = TimeSpan.FromDays(5);
    private static readonly TimeSpan s_longAgo = s_retention + TimeSpan.FromHours(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(45);
    private static readonly Dictionary<int, (string Container, SimulatedState State)> s_prepared = [];
    private static readonly DigestRequest s_preview = new(DigestMode.Preview);

    private readonly SessionKey _key = new("acme", "ada", "s1");
    private readonly SessionKey _other = new("acme", "ada", "s2");

    /// <summary>Each fault at each request of a run that lets two archives expire, and some more.</summary>
    public static TheoryData<FaultKind, int> Points =>
        [.. Enum.GetValues<FaultKind>().SelectMany(static kind => Enumerable.Range(1, RequestsOfARun).Select(n => (kind, n)))];

    /// <summary>Each request of such a run, by number.</summary>
    public static TheoryData<int> Requests => [.. Enumerable.Range(1, RequestsOfARun)];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task They_are_deleted_and_what_the_newest_digest_is_made_from_stays() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 5);
        await Task.Delay(s_retention - TimeSpan.FromHours(1), cluster.Time, Cancelled);
        await CommitAsync(host, _other, 1);
        await host.PurgeToEndAsync();
        await CheckAsync(host, container, expired: 0, count: 5);

        await Task.Delay(TimeSpan.FromHours(25), cluster.Time, Cancelled);
        host.Log.Clear();
        await host.PurgeToEndAsync();
        await CheckAsync(host, container, expired: 3, count: 5);
        Assert.Equal(["n1"], (await host.AuditAsync(_other)).Everything);
        host.Log.Clear();
        Assert.Equal(2, (await host.Store.Archives.ListAsync(_key, ArchiveService.MaxPage, before: null, Cancelled)).Count);
        Assert.Equal(3, host.Log.Count);

        await CommitAsync(host, _key, 2, first: 6);
        await Task.Delay(TimeSpan.FromHours(25), cluster.Time, Cancelled);
        await host.PurgeToEndAsync();
        await CheckAsync(host, container, expired: 5, count: 7);
    });

    [Fact]
    public Task An_index_that_is_written_after_its_archive_has_expired_is_an_orphan_and_finds_nothing() =>
        RunAsync(async (cluster, container) =>
        {
            using Host host = await RunAsync(cluster, container.Name);
            await CommitAsync(host, _key, 5);
            string index = (await ListAsync(container)).Keys.Single(static n => BlobNames.FindSearchSegment(n)?.Number == 1);
            BinaryData bytes = (await container.GetBlobClient(index).DownloadContentAsync(Cancelled)).Value.Content;
            await Task.Delay(s_longAgo, cluster.Time, Cancelled);
            await CommitAsync(host, _key, 1, first: 6);
            await host.PurgeToEndAsync();
            Assert.DoesNotContain(index, (await ListAsync(container)).Keys);

            await container.GetBlobClient(index).UploadAsync(bytes, Cancelled);
            Assert.DoesNotContain(
                await host.Store.MemorySearch.SearchAsync(_key.Owner, TextOf(_key, 1), 10, where: null, Cancelled),
                static h => h.Archive?.Number == 1);
            Finding orphan = Assert.Single(await AuditAsync(host));
            Assert.Equal((index, FindingKind.OrphanedStaging), (orphan.Blob, orphan.Kind));
        });

    [Fact]
    public Task What_merged_segments_of_the_index_have_of_them_goes_with_them() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 8);
        await host.MergeToEndAsync(_key.Owner);
        Assert.Equal(Enumerable.Range(1, 8), await MergedAsync(host));
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await CommitAsync(host, _key, 1, first: 9);
        await host.PurgeToEndAsync();
        int expired = await CheckReadersAsync(host, count: 9);
        Assert.InRange(expired, 5, 7);
        Assert.Equal(Enumerable.Range(expired + 1, 8 - expired), await MergedAsync(host));
        Assert.Empty(await AuditAsync(host));

        async Task<IEnumerable<int>> MergedAsync(Host host)
        {
            BlobItem blob = await container
                .GetBlobsAsync(new GetBlobsOptions { Prefix = BlobNames.MergedOfUser(_key.Owner) }, Cancelled).SingleAsync(Cancelled);
            var bytes = new BlobSegment(container.GetBlobClient(blob.Name), blob.Properties.ContentLength!.Value);
            return (await SegmentReader.ReadArchivesAsync(bytes, Cancelled)).Select(static a => a.Number).Order();
        }
    });

    [Fact]
    public Task A_session_without_old_archives_costs_no_request() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 4);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await host.PurgeToEndAsync();
        await CommitAsync(host, _other, 4);
        await Task.Delay(TimeSpan.FromHours(25), cluster.Time, Cancelled);
        host.Log.Clear();
        await host.PurgeAsync();

        // The turn is read, taken and ended; between, one listing.
        Assert.Equal(4, host.Log.Count);
    });

    [Fact]
    public Task A_dry_run_finds_the_same_and_changes_nothing() => RunAsync(async (cluster, container) =>
    {
        using Host host = await Host.RunAsync(cluster, container.Name, new SessionOptions(), engine: Host.Seldom);
        await CommitAsync(host, _key, 5);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await CommitAsync(host, _other, 4);
        Dictionary<string, string> before = await ListAsync(container);
        List<OldArchive> found = await host.Store.OldArchives.FindAsync(s_retention, Cancelled).ToListAsync(Cancelled);
        Assert.Equal([(_key, 1), (_key, 2), (_key, 3)], found.Select(static o => (o.Session, o.Number)));
        Assert.Equal(before, await ListAsync(container));
        Assert.Equal(1, await host.Store.OldArchives.DeleteAsync(s_retention, Cancelled));
        await host.QuietAsync();
        await CheckAsync(host, container, expired: 3, count: 5);
    });

    [Theory]
    [MemberData(nameof(Points))]
    public Task Whatever_comes_of_a_request_they_are_whole_or_gone_and_nothing_is_left(FaultKind kind, int request) =>
        RunPreparedAsync(4, async (cluster, container) =>
        {
            using Host client = await Host.StartAsync(cluster, container.Name, Options());
            using Host faulty = await RunAsync(cluster, container.Name);
            Func<Task> deliver = faulty.Faults.Inject(kind, request);
            Task purge = faulty.PurgeToEndAsync();
            await Task.WhenAny(purge, faulty.Faults.Stopped, Task.Delay(TimeSpan.FromMinutes(5), cluster.Time, Cancelled));
            await faulty.KillAsync();
            await CheckReadersAsync(client, count: 4);

            using Host host = await RunAsync(cluster, container.Name);
            await Task.Delay(TimeSpan.FromHours(25), cluster.Time, Cancelled);
            Assert.NotNull(await host.PurgeAsync());
            await host.QuietAsync();
            await deliver();
            cluster.LetAllArrive();
            await host.QuietAsync();
            await CheckAsync(host, container, expired: 2, count: 4);
        });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task A_commit_at_the_same_time_loses_nothing(int request) => RunPreparedAsync(4, async (cluster, container) =>
    {
        using Host client = await RunAsync(cluster, container.Name);
        using Host host = await RunAsync(cluster, container.Name);
        await host.WhileHeldAsync(request, host.PurgeToEndAsync, () => CommitAsync(client, _key, 1, first: 5));
        await host.QuietAsync();
        int expired = await CheckReadersAsync(client, count: 5);

        // A commit that the expiry was ahead of has left a segment of an attempt before.
        Assert.All(await AuditAsync(client, repair: true), static f => Assert.Equal(FindingKind.OrphanedSegment, f.Kind));
        await CheckAsync(client, container, expired, count: 5);
        Assert.InRange(expired, 2, 3);
    });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task Digesting_again_at_the_same_time_finds_what_it_needs(int request) => RunAsync(async (cluster, container) =>
    {
        using (Host first = await RunAsync(cluster, container.Name))
        {
            await CommitAsync(first, _key, 2);
            first.Processor.Before = static _ => throw new InvalidOperationException("away");
            await CommitAsync(first, _key, 2, first: 3);
            await first.QuietAsync();
            await first.StopAsync();
        }

        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host client = await RunAsync(cluster, container.Name);
        using Host host = await RunAsync(cluster, container.Name);
        await host.WhileHeldAsync(request, host.PurgeToEndAsync, async () =>
        {
            await CommitAsync(client, _key, 1, first: 5);
            Assert.Equal(new DigestAgainOutput(3, null), await client.EndOfDigestingAgainAsync(_key));
        });
        await host.QuietAsync();
        Assert.InRange(await CheckReadersAsync(client, count: 5), 1, 3);
        Assert.Equal("+preferences/tea=green+0 m2+0 m3+0 m4+0 m5+0", await OverviewAsync(client));
    });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task Two_hosts_at_the_same_time_delete_the_same(int request) => RunPreparedAsync(4, async (cluster, container) =>
    {
        using Host one = await Host.StartAsync(cluster, container.Name, Options());
        using Host other = await Host.StartAsync(cluster, container.Name, Options());
        var input = new ExpireArchivesInput(
            _key, await one.Store.Sessions.IncarnationAsync(_key, Cancelled), cluster.Time.GetUtcNow() - s_retention);
        await one.WhileHeldAsync(request, () => one.DeleteArchivesAsync(input), () => other.DeleteArchivesAsync(input));
        await CheckAsync(other, container, expired: 2, count: 4);
    });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task An_audit_at_the_same_time_finds_no_damage(int request) => RunPreparedAsync(4, async (cluster, container) =>
    {
        using Host auditor = await Host.StartAsync(cluster, container.Name, Options());
        using Host host = await RunAsync(cluster, container.Name);
        List<Finding> findings = [];
        await auditor.WhileHeldAsync(
            request,
            async () => findings.AddRange(
                await auditor.Store.Audit.RunAsync(new AuditOptions(), cancellationToken: Cancelled).ToListAsync(Cancelled)),
            host.PurgeToEndAsync);
        Assert.Empty(findings);
    });

    [Fact]
    public Task A_host_that_knows_the_session_from_before_appends_to_it() => RunAsync(async (cluster, container) =>
    {
        using Host old = await Host.StartAsync(cluster, container.Name, Options());
        await old.AppendAsync(_key, "+preferences/tea=green");
        using Host host = await RunAsync(cluster, container.Name);
        host.Processor.Says = " said1";
        await host.CommitToEndAsync(_key);
        await CommitAsync(host, _key, 3, first: 2);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await host.PurgeToEndAsync();
        await old.AppendAsync(_key, "m5");
        await host.CommitToEndAsync(_key);
        await CheckReadersAsync(host, count: 5, expired: 2);
    });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task A_deletion_at_the_same_time_leaves_nothing(int request) => RunPreparedAsync(4, async (cluster, container) =>
    {
        using Host client = await RunAsync(cluster, container.Name);
        using Host host = await RunAsync(cluster, container.Name);
        await host.WhileHeldAsync(request, host.PurgeToEndAsync, async () =>
        {
            await client.Store.Sessions.DeleteAsync(_key, Cancelled);
            await client.QuietAsync();
        });
        await Task.Delay(TimeSpan.FromHours(26), cluster.Time, Cancelled);
        await client.QuietAsync();
        Assert.DoesNotContain((await ListAsync(container)).Keys, static n => n.Contains("/s1", StringComparison.Ordinal));
    });

    [Fact]
    public Task A_host_that_was_killed_after_the_swap_leaves_no_orphan_while_another_one_goes_on() =>
        RunPreparedAsync(4, async (cluster, container) =>
        {
            using (Host faulty = await RunAsync(cluster, container.Name))
            {
                var held = new HoldsRequest();
                faulty.Faults.When(static r => r.Is("DELETE", "archives/"), held);
                Task purge = faulty.PurgeToEndAsync();
                await held.Arrived;
                await faulty.KillAsync();
                held.Break();
                await purge;
            }

            using Host client = await Host.StartAsync(cluster, container.Name, Options());
            await CheckReadersAsync(client, count: 4, expired: 2);
            Assert.Contains((await ListAsync(container)).Keys, static n => n.EndsWith("/index/00000001.json", StringComparison.Ordinal));
            Assert.Empty(await AuditAsync(client));
            using Host host = await RunAsync(cluster, container.Name);
            await host.QuietAsync();
            await CheckAsync(host, container, expired: 2, count: 4);
        });

    [Fact]
    public Task What_no_host_goes_on_with_is_an_orphan_that_a_repair_removes() => RunPreparedAsync(4, async (cluster, container) =>
    {
        using Host host = await Host.StartAsync(cluster, container.Name, Options());
        await ExpireAndStopAsync(cluster, container.Name);
        await CheckReadersAsync(host, count: 4, expired: 2);
        List<Finding> left = await AuditAsync(host, repair: true);
        Assert.All(left, static f => Assert.Equal(FindingKind.OrphanedStaging, f.Kind));
        foreach (string file in new[] { "/index/00000001.json", "/messages.jsonl", "/memory_diff.json", "/semantic.json" })
        {
            Assert.Contains(left, f => f.Blob.EndsWith(file, StringComparison.Ordinal));
        }

        await CheckAsync(host, container, expired: 2, count: 4);
    });

    [Fact]
    public Task What_was_left_goes_with_the_next_that_expire() => RunPreparedAsync(4, async (cluster, container) =>
    {
        await ExpireAndStopAsync(cluster, container.Name);
        using Host host = await RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 1, first: 5);
        await host.PurgeToEndAsync();
        await CheckAsync(host, container, expired: 3, count: 5);
    });

    [Fact]
    public Task What_comes_late_under_an_archive_brings_none_back_and_is_removed() => RunPreparedAsync(4, async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        var before = new Dictionary<string, BinaryData>();
        foreach (string name in (await ListAsync(container)).Keys.Where(static n => n.StartsWith("archives/", StringComparison.Ordinal)))
        {
            before[name] = (await container.GetBlobClient(name).DownloadContentAsync(Cancelled)).Value.Content;
        }

        await host.PurgeToEndAsync();
        foreach (string gone in before.Keys.Except((await ListAsync(container)).Keys))
        {
            await container.GetBlobClient(gone).UploadAsync(before[gone], Cancelled);
        }

        await CheckReadersAsync(host, count: 4, expired: 2);
        Assert.NotEmpty(await AuditAsync(host, repair: true));
        await CheckAsync(host, container, expired: 2, count: 4);
    });

    [Fact]
    public Task A_second_switch_of_a_commit_brings_no_archive_back() => RunAsync(async (cluster, container) =>
    {
        using Host zombie = await Host.StartAsync(cluster, container.Name, Options());
        using (Host host = await Host.StartAsync(cluster, container.Name, Options()))
        {
            await host.AppendAsync(_key, "+preferences/tea=green");
            CommitInput commit = await zombie.AcceptAsync(_key, "c0000000000000000000000000000001");
            CommitProgress staged = await zombie.ArchiveToTempAsync(commit);
            await zombie.ClearLiveAsync(commit, staged);
            SemanticOutcome outcome = await zombie.SemanticProcessAsync(commit);
            await host.SwitchAsync(commit, outcome);
            using Host running = await RunAsync(cluster, container.Name);
            await CommitAsync(running, _key, 3, first: 2);
            await Task.Delay(s_longAgo, cluster.Time, Cancelled);
            await running.PurgeToEndAsync();
            await CheckReadersAsync(running, count: 4, expired: 2);
            await zombie.SwitchAsync(commit, outcome);
            await CheckReadersAsync(running, count: 4, expired: 2);
            Assert.NotEmpty(await AuditAsync(running, repair: true));
            await CheckAsync(running, container, expired: 2, count: 4);
        }
    });

    [Fact]
    public Task Archives_that_are_still_degraded_stay_and_expire_once_they_were_digested_again() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 2);
        host.Processor.Before = static _ => throw new InvalidOperationException("away");
        await CommitAsync(host, _key, 3, first: 3);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await host.PurgeToEndAsync();

        // The third is to be digested again from the second.
        await CheckAsync(host, container, expired: 1, count: 5);
        host.Processor.Before = static _ => Task.CompletedTask;
        await CommitAsync(host, _key, 1, first: 6);
        await host.EndOfDigestingAgainAsync(_key);
        await Task.Delay(TimeSpan.FromHours(25), cluster.Time, Cancelled);
        await host.PurgeToEndAsync();
        await CheckAsync(host, container, expired: 4, count: 6);
        Assert.Equal("+preferences/tea=green+0 m2+0 m3+0 m4+0 m5+0 m6+0", await OverviewAsync(host));
    });

    [Fact]
    public Task Archives_that_the_newest_digest_holds_stay_with_the_digest_before_them() => RunAsync(async (cluster, container) =>
    {
        using Host host = await Host.RunAsync(
            cluster,
            container.Name,
            Options() with { Semantic = new SemanticPolicy { MaxAttempts = 1, FallBack = false } },
            engine: Host.Seldom);
        await CommitAsync(host, _key, 3);
        host.Processor.Before = static _ => throw new InvalidOperationException("away");
        await CommitAsync(host, _key, 2, first: 4);
        host.Processor.Before = static _ => Task.CompletedTask;
        await CommitAsync(host, _key, 1, first: 6);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await host.PurgeToEndAsync();
        await CheckAsync(host, container, expired: 2, count: 6, overview: "m4+2");
        DigestTask again = await host.DigestToEndAsync(_key, 6, s_preview);
        Assert.Equal("+preferences/tea=green+0 m2+0 m3+0 m4+2", again.Digest?.Overview);
    });

    [Fact]
    public Task A_digest_of_the_oldest_that_is_left_is_refused_and_a_kept_one_put_in_place() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 4);
        await host.DigestToEndAsync(_key, 3, s_preview with { Instructions = "prices" });
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await host.PurgeToEndAsync();
        Assert.Contains(
            "has expired",
            (await Assert.ThrowsAsync<ArchiveStateException>(() => host.Store.Digests.StartAsync(_key, 3, s_preview, Cancelled))).Message,
            StringComparison.Ordinal);
        await IsExpiredAsync(2, () => host.Store.Digests.StartAsync(_key, 2, s_preview, Cancelled));
        await IsExpiredAsync(2, () => host.Store.Digests.ListAsync(_key, 2, Cancelled));
        DigestTask put = await host.DigestToEndAsync(_key, 3, new DigestRequest(DigestMode.Restore) { Version = 2 });
        Assert.Equal((CommitTaskStatus.Completed, 2), (put.Status, put.Digest?.Version));
        Assert.Equal(CommitTaskStatus.Completed, (await host.DigestToEndAsync(_key, 4, s_preview)).Status);
    });

    [Theory]
    [InlineData(2, "the archive has expired")]
    [InlineData(3, "the archive before it, from whose digest it is made, has expired")]
    public Task A_digest_accepted_before_says_why_it_is_not_made(int number, string reason) =>
        RunPreparedAsync(4, async (cluster, container) =>
        {
            using Host client = await Host.StartAsync(cluster, container.Name, Options());
            DigestTask task = await client.Store.Digests.StartAsync(_key, number, s_preview, Cancelled);
            string incarnation = await client.Store.Sessions.IncarnationAsync(_key, Cancelled);
            var input = new DigestArchiveInput(_key, incarnation, number, 1, "0123456789abcdef0123456789abcdef", DigestMode.Preview);
            await client.DeleteArchivesAsync(new ExpireArchivesInput(_key, incarnation, cluster.Time.GetUtcNow() - s_retention));
            Assert.Equal(reason, await client.DigestArchiveAsync(input));
            Assert.Equal(number == 2 ? reason : null, number == 2 ? (await client.ChangeDigestAsync(input)).Reason : null);
            await client.KillAsync();
            using Host host = await RunAsync(cluster, container.Name);
            DigestTask over = await host.Store.Digests.WaitAsync(_key.Owner, task.TaskId, Cancelled);
            Assert.Equal((CommitTaskStatus.Failed, reason), (over.Status, over.Error));
        });

    [Fact]
    public Task Readers_that_have_begun_are_told_that_it_has_expired() => RunPreparedAsync(4, async (cluster, container) =>
    {
        using Host client = await Host.StartAsync(cluster, container.Name, Options());
        Archive archive = await client.Store.Archives.GetAsync(_key, 1, Cancelled);
        using Host host = await RunAsync(cluster, container.Name);
        await host.PurgeToEndAsync();
        await IsExpiredAsync(1, async () => await archive.Messages.ToListAsync(Cancelled));
    });

    [Fact]
    public Task Tasks_keys_and_memories_stay() => RunAsync(async (cluster, container) =>
    {
        IReadOnlyList<CommitTask> before;
        var key = Words.Key("key-1");
        using (Host first = await RunAsync(cluster, container.Name))
        {
            first.Processor.Says = " said1";
            await first.AppendAsync(_key, "+preferences/tea=green");
            await first.CommitToEndAsync(_key, idempotencyKey: key);
            await CommitAsync(first, _key, 3, first: 2);
            before = await first.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery(), Cancelled);
            Assert.Single(await first.Store.MemorySearch.SearchAsync(_key.Owner, "said1", 10, where: null, Cancelled));
            await Task.Delay(s_longAgo, cluster.Time, Cancelled);
            await first.PurgeToEndAsync();

            // One host has indexed it before, another one has not.
            await CheckSearchAsync(first);
            await first.StopAsync();
        }

        using Host host = await RunAsync(cluster, container.Name);
        Assert.Equal(
            before.Select(Seen), (await host.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery(), Cancelled)).Select(Seen));
        await CheckSearchAsync(host);
        host.Log.Clear();
        await CheckSearchAsync(host);
        Assert.DoesNotContain(host.Log.Requests, static r => r.Blob.Contains("/record.json", StringComparison.Ordinal));
        Assert.Equal(["preferences/tea 1 green"], await StoredMemories.AllAsync(host));
        await IsExpiredAsync(1, () => host.Store.Memories.FindDiffAsync(_key, 1, Cancelled));
        await IsExpiredAsync(1, () => host.Store.Memories.UndoAsync(_key, 1, Cancelled));
        await host.AppendAsync(_key, "m5");
        Assert.Equal(before[^1].TaskId, (await host.CommitAsync(_key, idempotencyKey: key)).TaskId);
        Assert.Equal(["m5"], (await host.Store.Sessions.ReadContextAsync(_key, 1_000, Cancelled)).Messages
            .Select(static l => Words.Text(Core.Messages.SessionMessage.Parse(l))));
    });

    [Fact]
    public Task A_retry_of_a_commit_whose_archive_a_later_digest_held_is_answered_as_covered() => RunAsync(async (cluster, container) =>
    {
        using Host host = await Host.RunAsync(
            cluster,
            container.Name,
            Options() with { Semantic = new SemanticPolicy { MaxAttempts = 1, FallBack = false } },
            engine: Host.Seldom);
        host.Processor.Before = static _ => throw new InvalidOperationException("away");
        await host.AppendAsync(_key, "m1");
        CommitTask failed = await host.CommitToEndAsync(_key);
        Assert.Equal(CommitTaskStatus.Failed, failed.Status);
        host.Processor.Before = static _ => Task.CompletedTask;
        await CommitAsync(host, _key, 3, first: 2);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await host.PurgeToEndAsync();
        await host.Store.Tasks.RetryAsync(_key.Owner, failed.TaskId, Cancelled);
        CommitTask retried = await host.EndOfAsync(_key, failed.TaskId);
        Assert.Equal((CommitTaskStatus.Completed, 1), (retried.Status, retried.ArchiveNumber));
        await CheckAsync(host, container, expired: 2, count: 4);
    });

    [Fact]
    public Task A_retry_that_comes_late_with_a_digest_changes_nothing() => RunAsync(async (cluster, container) =>
    {
        using Host zombie = await Host.StartAsync(cluster, container.Name, Options());
        using Host host = await Host.RunAsync(
            cluster,
            container.Name,
            Options() with { Semantic = new SemanticPolicy { MaxAttempts = 1, FallBack = false } },
            engine: Host.Seldom);
        host.Processor.Before = static _ => throw new InvalidOperationException("away");
        await host.AppendAsync(_key, TextOf(_key, 1));
        CommitTask failed = await host.CommitToEndAsync(_key);
        host.Processor.Before = static _ => Task.CompletedTask;
        CommitInput retry = (await zombie.AcceptAsync(_key, failed.TaskId)) with { Attempt = 2 };
        SemanticOutcome late = await zombie.SemanticProcessAsync(retry);
        Assert.NotNull(late.Semantic);
        await CommitAsync(host, _key, 3, first: 2);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await host.PurgeToEndAsync();
        await zombie.SwitchAsync(retry, late);
        await CheckAsync(host, container, expired: 2, count: 4);

        // Its record says that no digest covered it then, and what did is not kept.
        await host.Client.PurgeInstanceAsync(failed.TaskId, Cancelled);
        CommitTask recorded = await host.Store.Tasks.GetAsync(_key.Owner, failed.TaskId, Cancelled);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Covered), (recorded.Status, recorded.Output?.State));
    });

    [Fact]
    public Task That_they_expire_is_no_use_of_their_session_and_a_commit_after_it_is() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 4);
        await CommitAsync(host, _other, 4);
        await Task.Delay(s_retention - TimeSpan.FromDays(1), cluster.Time, Cancelled);
        await CommitAsync(host, _key, 1, first: 5);
        await CommitAsync(host, _other, 1, first: 5);
        DateTimeOffset used = cluster.Time.GetUtcNow();
        await Task.Delay(TimeSpan.FromDays(2), cluster.Time, Cancelled);
        await host.PurgeToEndAsync();
        await host.Store.Sessions.CountUsedAsync(_other, 1, 0, null, Cancelled);
        await Task.Delay(s_retention, cluster.Time, Cancelled);
        await CheckReadersAsync(host, count: 5, expired: 3);
        UnusedSession unused = Assert.Single(
            await host.Store.Unused.FindAsync(s_retention + TimeSpan.FromDays(1), Cancelled).ToListAsync(Cancelled));
        Assert.Equal(_key, unused.Session);
        Assert.InRange(unused.LastWrittenAt, used - TimeSpan.FromHours(1), used);
    });

    [Fact]
    public Task A_manifest_of_an_earlier_version_is_looked_at() => RunPreparedAsync(4, async (cluster, container) =>
    {
        await DropAsync(container, "oldest_archive_at");
        using Host host = await RunAsync(cluster, container.Name);
        await host.PurgeToEndAsync();
        await CheckAsync(host, container, expired: 2, count: 4);
    });

    [Fact]
    public Task What_an_earlier_version_has_dropped_the_next_expiry_sets_again() => RunPreparedAsync(4, async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await host.PurgeToEndAsync();
        await DropAsync(container, "expired_archives", "oldest_archive_at");
        using Host fresh = await RunAsync(cluster, container.Name);
        Assert.Equal([4, 3], await NumbersAsync(fresh));
        await Assert.ThrowsAsync<ArchiveNotFoundException>(() => fresh.Store.Archives.GetAsync(_key, 1, Cancelled));
        await CommitAsync(fresh, _key, 1, first: 5);
        await Task.Delay(TimeSpan.FromHours(25), cluster.Time, Cancelled);
        await fresh.PurgeToEndAsync();
        await CheckAsync(fresh, container, expired: 3, count: 5);
    });

    [Fact]
    public Task One_that_cannot_be_read_holds_up_no_other() => RunPreparedAsync(4, async (cluster, container) =>
    {
        await container.GetBlobClient("manifests/acme/ada/s0.json")
            .UploadAsync(BinaryData.FromString("damaged"), overwrite: true, Cancelled);
        using Host host = await RunAsync(cluster, container.Name);
        await host.PurgeToEndAsync();
        await CheckReadersAsync(host, count: 4, expired: 2);
    });

    [Fact]
    public Task More_than_one_swap_takes_them_all() => RunAsync(async (cluster, container) =>
    {
        int count = OldArchives.AtOnce + 7;
        await PrepareAsync(cluster, container, archives: count);
        using Host host = await RunAsync(cluster, container.Name);
        await host.PurgeToEndAsync();
        await CheckReadersAsync(host, count, expired: count - 2);
        Assert.DoesNotContain((await ListAsync(container)).Keys, static n => n.EndsWith("/index/00000001.json", StringComparison.Ordinal));
    });

    [Fact]
    public Task A_machine_whose_clock_is_ahead_finds_none_that_is_not_old() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await CommitAsync(host, _key, 4);
        using Host ahead = await Host.StartAsync(
            cluster, container.Name, Options(), time: new SkewedTime(cluster.Time, TimeSpan.FromDays(100)));
        Assert.Empty(await ahead.Store.OldArchives.FindAsync(s_retention, Cancelled).ToListAsync(Cancelled));
        Assert.Equal(0, await ahead.Store.OldArchives.DeleteAsync(s_retention, Cancelled));
    });

    [Fact]
    public Task Archives_in_which_repetitions_are_looked_for_do_not_expire() => RunAsync(async (cluster, container) =>
    {
        using Host host = await Host.StartAsync(
            cluster, container.Name, new SessionOptions { IdempotencyWindow = TimeSpan.FromDays(3) });
        Assert.Throws<ArgumentOutOfRangeException>(
            () => host.Store.OldArchives.FindAsync(TimeSpan.FromDays(3.9), Cancelled));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => host.Store.OldArchives.DeleteAsync(TimeSpan.FromDays(3.9), Cancelled));
        Assert.Empty(await host.Store.OldArchives.FindAsync(TimeSpan.FromDays(4), Cancelled).ToListAsync(Cancelled));
    });

    private static SessionOptions Options() => new()
    {
        TaskRetention = TimeSpan.Zero,
        ArchiveRetention = s_retention,
        Semantic = new SemanticPolicy { MaxAttempts = 1 },
    };

    // Archive n of a session holds one message, mN; the first asks for a memory too.
    private async Task CommitAsync(Host host, SessionKey key, int count, int first = 1)
    {
        for (int number = first; number < first + count; number++)
        {
            host.Processor.Says = $" said{number}";
            await host.AppendAsync(key, TextOf(key, number));
            await host.CommitToEndAsync(key);
        }
    }

    private string TextOf(SessionKey key, int number) =>
        key != _key ? $"n{number}" : number == 1 ? "+preferences/tea=green" : $"m{number}";

    private async Task PrepareAsync(SimulatedCluster cluster, BlobContainerClient container, int archives)
    {
        using Host first = await RunAsync(cluster, container.Name);
        await CommitAsync(first, _key, archives);
        await first.QuietAsync();
        await first.StopAsync();
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
    }

    // As an instance that an operator terminates between the swap and the first deletion.
    private async Task ExpireAndStopAsync(SimulatedCluster cluster, string container)
    {
        using Host faulty = await Host.StartAsync(cluster, container, Options());
        faulty.Faults.When(static r => r.Is("DELETE", "archives/"), Fault.Respond(403, "AuthorizationFailure"));
        var input = new ExpireArchivesInput(
            _key, await faulty.Store.Sessions.IncarnationAsync(_key, Cancelled), cluster.Time.GetUtcNow() - s_retention);
        await Assert.ThrowsAnyAsync<Exception>(() => faulty.DeleteArchivesAsync(input));
    }

    private async Task CheckAsync(Host host, BlobContainerClient container, int expired, int count, string? overview = null)
    {
        await CheckReadersAsync(host, count, expired, overview);
        List<string> names =
            [.. (await ListAsync(container)).Keys.Where(static n => n.StartsWith("archives/acme/ada/s1/", StringComparison.Ordinal))];
        Assert.Equal(
            Enumerable.Range(expired + 1, count - expired),
            names.Select(BlobNames.FindIndexed).OfType<int>());
        Assert.Equal(count - expired, names.Count(static n => n.EndsWith("/messages.jsonl", StringComparison.Ordinal)));
        Assert.True(count <= names.Count(static n => n.EndsWith("/record.json", StringComparison.Ordinal)));
        Assert.Equal(
            Enumerable.Range(expired + 1, count - expired),
            (await ListAsync(container)).Keys.Select(BlobNames.FindSearchSegment)
                .Where(s => s?.Commit.Session == _key)
                .Select(static s => s!.Value.Number)
                .Order());
        Assert.Empty(await AuditAsync(host));
    }

    // How many have expired: no reader sees one that another one does not.
    private async Task<int> CheckReadersAsync(Host host, int count, int? expired = null, string? overview = null)
    {
        List<int> there = await NumbersAsync(host);
        expired ??= count - there.Count;
        Assert.Equal(Enumerable.Range(expired.Value + 1, count - expired.Value).Reverse(), there);
        for (int number = 1; number <= count; number++)
        {
            if (number <= expired)
            {
                await IsExpiredAsync(number, () => host.Store.Archives.GetAsync(_key, number, Cancelled));
            }
            else
            {
                Archive archive = await host.Store.Archives.GetAsync(_key, number, Cancelled);
                Assert.Equal([TextOf(_key, number)], await archive.Messages.Select(Words.Text).ToListAsync(Cancelled));
            }
        }

        Assert.Equal(count, (await host.Store.Sessions.GetAsync(_key, autoCreate: false, Cancelled)).CommitCount);
        Assert.EndsWith(overview ?? $"m{count}+0", await OverviewAsync(host), StringComparison.Ordinal);
        return expired.Value;
    }

    private static object Seen(CommitTask task) =>
        (task.TaskId, task.Status, task.ArchiveNumber, task.Output?.State, task.Output?.Counts, task.Output?.Memories?.Changed.Count);

    // The manifest as an earlier version writes it.
    private static async Task DropAsync(BlobContainerClient container, params string[] fields)
    {
        BlobClient blob = container.GetBlobClient("manifests/acme/ada/s1.json");
        JsonObject manifest = JsonNode.Parse((await blob.DownloadContentAsync(Cancelled)).Value.Content)!.AsObject();
        Assert.All(fields, field => Assert.True(manifest.Remove(field)));
        await blob.UploadAsync(BinaryData.FromString(manifest.ToJsonString()), overwrite: true, Cancelled);
    }

    private async Task CheckSearchAsync(Host host)
    {
        foreach ((string word, int hits) in new[] { ("said1", 0), ("said2", 0), ("said3", 1), ("said4", 1) })
        {
            Assert.Equal(hits, (await host.Store.MemorySearch.SearchAsync(_key.Owner, word, 10, where: null, Cancelled)).Count);
        }
    }

    private static async Task IsExpiredAsync(int number, Func<Task> read)
    {
        ArchiveNotFoundException error = await Assert.ThrowsAsync<ArchiveNotFoundException>(read);
        Assert.Equal((number, true), (error.Number, error.IsExpired));
        Assert.Contains("has expired", error.Message, StringComparison.Ordinal);
    }

    private async Task<List<int>> NumbersAsync(Host host) =>
        [.. (await PagesAsync(host)).Select(static a => a.Number)];

    private async Task<List<ArchiveInfo>> PagesAsync(Host host)
    {
        List<ArchiveInfo> all = [];
        for (int? before = null; ;)
        {
            IReadOnlyList<ArchiveInfo> page = await host.Store.Archives.ListAsync(_key, ArchiveService.MaxPage, before, Cancelled);
            if (page.Count == 0)
            {
                return all;
            }

            all.AddRange(page);
            before = page[^1].Number;
        }
    }

    private async Task<string> OverviewAsync(Host host) =>
        (await host.Store.Sessions.ReadContextAsync(_key, 10_000, Cancelled)).Overview;

    private static async Task<List<Finding>> AuditAsync(Host host, bool repair = false)
    {
        await Task.Delay(TimeSpan.FromMinutes(1), host.Time, Cancelled);
        var options = new AuditOptions { OrphanAge = TimeSpan.FromSeconds(1), Repair = repair };
        return await host.Store.Audit.RunAsync(options, cancellationToken: Cancelled).ToListAsync(Cancelled);
    }

    private static async Task<Dictionary<string, string>> ListAsync(BlobContainerClient container) => await container
        .GetBlobsAsync(cancellationToken: Cancelled)
        .ToDictionaryAsync(static b => b.Name, static b => b.Properties.ETag.ToString()!);

    private static Task RunAsync(Func<SimulatedCluster, BlobContainerClient, Task> test) => Simulated.RunAsync(async cluster =>
    {
        cluster.MaxTime = s_longest;
        await test(cluster, await cluster.NewContainerAsync());
    });

    // The session is made once, by a host that is gone; each test has it for itself.
    private async Task RunPreparedAsync(int archives, Func<SimulatedCluster, BlobContainerClient, Task> test)
    {
        if (!s_prepared.TryGetValue(archives, out (string Container, SimulatedState State) from))
        {
            await RunAsync(async (cluster, container) =>
            {
                await PrepareAsync(cluster, container, archives);
                from = (container.Name, cluster.Keep());
            });
            s_prepared.Add(archives, from);
        }

        await SimulatedCluster.RunAsync(
            Schedule.InOrder,
            async cluster =>
            {
                cluster.MaxTime = s_longest;
                await test(cluster, (await cluster.ConnectAsync(from.Container)).Container);
            },
            from.State);
    }

    private static Task<Host> RunAsync(SimulatedCluster cluster, string container) =>
        Host.RunAsync(cluster, container, Options(), engine: Host.Seldom);
}
