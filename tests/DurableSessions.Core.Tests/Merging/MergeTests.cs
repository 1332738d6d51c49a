using System.Globalization;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Merging;

/// <summary>
/// Segments are merged while commits, searches and deletions go on: what is there is found, once, and what is gone leaves nothing.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class MergeTests
{
    private static readonly SemanticOutcome s_uncovered = new(ArchiveState.Uncovered, null);

    private readonly UserKey _user = new("acme", "ada");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Segments_become_few_and_each_message_is_found_once() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 70);
        await host.MergeToEndAsync(_user);
        List<string> left = await NamesAsync(container);
        Assert.InRange(left.Count, 1, MergePlan.Width - 1);
        Assert.Equal(70, (await ArchivesAsync(container)).Count);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        for (int i = 1; i <= 70; i++)
        {
            SearchHit hit = Assert.Single(await SearchAsync(fresh, $"pelican{i}"));
            Assert.Equal((_user.Session($"s{i}"), $"a pelican{i} listens"), (hit.Archive!.Session, hit.Message!.Snippet));
        }

        await host.MergeToEndAsync(_user);
        Assert.Equal(left, await NamesAsync(container));
    });

    [Fact]
    public Task Fewer_than_eight_are_left_alone() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 7);
        List<string> before = await NamesAsync(container);
        await host.MergeToEndAsync(_user);
        Assert.Equal(before, await NamesAsync(container));
    });

    [Fact]
    public Task An_archive_whose_commit_has_not_swapped_yet_is_kept() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 7);
        SessionKey last = _user.Session("s8");
        await host.AppendAsync(last, "a pelican8 listens");
        CommitInput commit = await host.ClearAsync(last, Id(8));
        var swap = new HoldsRequest();
        host.Faults.When(static r => r.Is("PUT", "manifests/"), swap);
        Task switching = host.SwitchAsync(commit, s_uncovered);
        await swap.Arrived;
        Assert.Equal(8, (await NamesAsync(container)).Count);
        using Host other = await Host.RunAsync(cluster, container.Name);
        await other.MergeToEndAsync(_user);
        Assert.Single(await NamesAsync(container));
        await swap.ReleaseAsync();
        await switching;
        Assert.Single(await SearchAsync(other, "pelican8"));
    });

    [Fact]
    public Task Nothing_of_what_is_deleted_is_in_the_index() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 64);
        await host.MergeToEndAsync(_user);
        string before = Assert.Single(await NamesAsync(container));
        SessionKey[] deleted = [.. Enumerable.Range(3, 3).Select(i => _user.Session($"s{i}"))];
        await Task.WhenAll(deleted.Select(s => host.Store.Sessions.DeleteAsync(s, Cancelled)));
        await host.QuietAsync();
        string after = Assert.Single(await NamesAsync(container));
        Assert.True(string.CompareOrdinal(before, after) < 0);
        string bytes = await TextAsync(container, after);
        Assert.DoesNotContain("pelican3", bytes, StringComparison.Ordinal);
        Assert.Equal(61, (await ArchivesAsync(container)).Count);
        Assert.Empty(await SearchAsync(host, "pelican4"));
        Assert.Single(await SearchAsync(host, "pelican6"));

        // All of them.
        for (int i = 1; i <= 64; i++)
        {
            await (i is >= 3 and <= 5 ? Task.CompletedTask : host.Store.Sessions.DeleteAsync(_user.Session($"s{i}"), Cancelled));
        }

        await host.QuietAsync();
        Assert.Empty(await NamesAsync(container));
    });

    /// <summary>A deletion has listed a segment that another host merges before the deletion reads it.</summary>
    [Fact]
    public Task A_deletion_finds_what_a_segment_has_become_since_it_was_listed() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 8);
        await MergeStepsAsync(host.Merger);
        string listed = Assert.Single(await NamesAsync(container));
        BinaryData bytes = (await container.GetBlobClient(listed).DownloadContentAsync(Cancelled)).Value.Content;
        CommitInput deleted = await host.AcceptAsync(_user.Session("s2"), Id(2));
        await host.DeleteAsync(deleted);
        var read = new HoldsRequest();
        host.Faults.When(r => r.Is("GET", listed, ""), read);
        Task deleting = host.DeleteBlobsAsync(deleted);
        await read.Arrived;
        await container.GetBlobClient(BlobNames.MergedSegment(_user, 2, new string('a', 32))).UploadAsync(bytes, Cancelled);
        await container.DeleteBlobAsync(listed, cancellationToken: Cancelled);
        await read.ReleaseAsync();
        await deleting;
        List<SegmentArchive> left = await ArchivesAsync(container);
        Assert.DoesNotContain(left, static a => a.SessionId == "s2");
        Assert.Equal(7, left.Count);
    });

    [Fact]
    public Task What_is_merged_by_others_all_the_time_is_given_up_and_done_later() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 8);
        await MergeStepsAsync(host.Merger);
        const int Most = 200;
        foreach (Func<Host, Task> act in (Func<Host, Task>[])
        [
            h => h.Merger.CleanAsync(_user, static a => a.SessionId == "s2", Cancelled),
            async h => Assert.Single(await SearchAsync(h, "pelican3")),
        ])
        {
            using Host late = await Host.StartAsync(cluster, container.Name);
            late.Faults.When(static r => r.Is("GET", BlobNames.Search, ""), Fault.Respond(404, "BlobNotFound"), times: Most);
            await Assert.ThrowsAsync<ContentionException>(() => act(late));
            Assert.Equal(10, late.Log.Requests.Count(static r => r.Is("GET", BlobNames.Search, "list")));
        }

        using Host fresh = await Host.StartAsync(cluster, container.Name);
        Assert.Single(await SearchAsync(fresh, "pelican3"));
    });

    /// <summary>A session is deleted, and its blobs are, at each request of a merge of it.</summary>
    [Fact]
    public async Task Whenever_a_session_is_deleted_while_it_is_merged_nothing_of_it_stays()
    {
        int request = 0;
        bool isHeld = true;
        while (isHeld)
        {
            request++;
            Assert.InRange(request, 1, 200);
            await Simulated.RunAsync(async cluster =>
            {
                BlobContainerClient container = await cluster.NewContainerAsync();
                using Host host = await Host.StartAsync(cluster, container.Name);
                using Host other = await Host.StartAsync(cluster, container.Name);
                await SwitchAllAsync(host, 1, 8);
                CommitInput deleted = await other.AcceptAsync(_user.Session("s2"), Id(2));
                int before = host.Faults.Requests;
                await host.WhileHeldAsync(
                    before + request,
                    () => MergeStepsAsync(host.Merger),
                    async () =>
                    {
                        await other.DeleteAsync(deleted);
                        await other.DeleteBlobsAsync(deleted);
                    });
                isHeld = host.Faults.Requests >= before + request;

                // The inputs may be left: another host has written anew what was made of them.
                Assert.DoesNotContain(await ArchivesAsync(container), static a => a.SessionId == "s2");
                Assert.Equal(7, (await ArchivesAsync(container)).Distinct().Count());
                using Host fresh = await Host.StartAsync(cluster, container.Name);
                Assert.Single(await SearchAsync(fresh, "pelican3"));
            });
        }
    }

    [Fact]
    public Task Another_commit_while_it_merges_is_found_within_its_own_end() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host first = await Host.RunAsync(cluster, container.Name);
        using Host second = await Host.RunAsync(cluster, container.Name);
        await SwitchAllAsync(first, 1, 16);
        Task merging = first.MergeToEndAsync(_user);
        Task again = MergeStepsAsync(second.Merger);
        for (int i = 17; i <= 24; i++)
        {
            await SwitchAsync(second, i);
            for (int found = 1; found <= i; found += 5)
            {
                Assert.Single(await SearchAsync(second, $"pelican{found}"));
            }

            Assert.Single(await SearchAsync(first, $"pelican{i}"));
        }

        await Task.WhenAll(merging, again);
        await second.MergeToEndAsync(_user);
        Assert.Equal(24, (await ArchivesAsync(container)).Distinct().Count());
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        for (int i = 1; i <= 24; i++)
        {
            Assert.Single(await SearchAsync(fresh, $"pelican{i}"));
        }
    });

    /// <summary>A search that has listed the inputs of a merge, and not yet opened them, when they are deleted.</summary>
    [Fact]
    public Task A_search_that_comes_too_late_to_a_segment_lists_again() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 8);
        using Host searching = await Host.StartAsync(cluster, container.Name);
        var read = new HoldsRequest();
        searching.Faults.When(static r => r.Is("GET", "search/acme/ada/0/s1/", ""), read);
        Task<IReadOnlyList<SearchHit>> search =
            searching.Store.MemorySearch.SearchAsync(_user, "pelican1", 10, where: null, Cancelled);
        await read.Arrived;
        await MergeStepsAsync(host.Merger);
        await read.ReleaseAsync();
        Assert.Single(await search);
    });

    [Fact]
    public Task A_damaged_segment_stays_and_the_others_are_merged() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 16);
        List<string> names = await NamesAsync(container);
        foreach (string damaged in names.Take(2))
        {
            // Of one the postings, which only a merge reads as a whole; of the other all.
            BlobClient blob = container.GetBlobClient(damaged);
            byte[] bytes = (await blob.DownloadContentAsync(Cancelled)).Value.Content.ToArray();
            bytes[0] ^= 1;
            await blob.UploadAsync(
                new BinaryData(damaged == names[0] ? bytes : bytes[..(bytes.Length / 2)]), overwrite: true, Cancelled);
        }

        using Host fresh = await Host.RunAsync(cluster, container.Name);
        await fresh.MergeToEndAsync(_user);
        List<string> left = await NamesAsync(container);
        Assert.Equal(names.Take(2), left.Take(2));
        Assert.InRange(left.Count, 3, MergePlan.Width + 1);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await fresh.EndOfMergingAsync(_user))!.RuntimeStatus);
        using Host searching = await Host.StartAsync(cluster, container.Name);
        Assert.Single(await SearchAsync(searching, "pelican16"));
    });

    [Fact]
    public Task One_commit_in_sixteen_starts_a_merge_and_costs_a_start() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name, merges: MergeSchedule.OneIn16);
        for (int i = 1; i <= 9; i++)
        {
            await SwitchAsync(host, i);
        }

        Assert.Null(await host.EndOfMergingAsync(_user));
        await SwitchAsync(host, 16);
        Assert.NotNull(await host.EndOfMergingAsync(_user));
        Assert.Equal(3, (await NamesAsync(container)).Count);

        // Again, once it has ended.
        for (int i = 17; i <= 22; i++)
        {
            await SwitchAsync(host, i);
        }

        await SwitchAsync(host, 32);
        await host.EndOfMergingAsync(_user);
        Assert.InRange((await NamesAsync(container)).Count, 1, 3);
    });

    [Fact]
    public Task A_search_that_sees_very_many_segments_starts_a_merge() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        await SwitchAsync(host, 1);
        string name = Assert.Single(await NamesAsync(container));
        BinaryData segment = (await container.GetBlobClient(name).DownloadContentAsync(Cancelled)).Value.Content;
        (CommitAttempt commit, int number, _) = BlobNames.FindSearchSegment(name)!.Value;
        for (int part = 1; part < Merges.VeryMany; part++)
        {
            await container.GetBlobClient(BlobNames.SearchSegment(commit, number, part)).UploadAsync(segment, Cancelled);
        }

        Assert.Single(await SearchAsync(host, "pelican1"));
        Assert.Null(await host.EndOfMergingAsync(_user));
        await container.GetBlobClient(BlobNames.SearchSegment(commit, number, Merges.VeryMany)).UploadAsync(segment, Cancelled);
        Assert.Single(await SearchAsync(host, "pelican1"));
        Assert.NotNull(await host.EndOfMergingAsync(_user));
        Assert.InRange((await NamesAsync(container)).Count, 1, MergePlan.Width - 1);
        Assert.Single(await SearchAsync(host, "pelican1"));
    });

    [Fact]
    public Task A_merge_that_no_host_can_start_fails_neither_commit_nor_search() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name, merges: MergeSchedule.OneIn16);
        host.StoreClient = new AbsentClient();
        await SwitchAsync(host, 16);
        Assert.Single(await SearchAsync(host, "pelican16"));
    });

    /// <summary>A merge that was stalled, or a request that arrives late, writes what a deletion has taken out.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public Task What_is_written_after_a_deletion_is_found_by_an_audit_and_taken_out_by_a_repair(int deleted) =>
        Simulated.RunAsync(async cluster =>
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            var options = new SessionOptions { TombstoneRetention = TimeSpan.FromSeconds(1) };
            using Host host = await Host.RunAsync(cluster, container.Name, options);
            await SwitchAllAsync(host, 1, 8);
            await host.MergeToEndAsync(_user);
            string late = Assert.Single(await NamesAsync(container));
            BinaryData bytes = (await container.GetBlobClient(late).DownloadContentAsync(Cancelled)).Value.Content;
            Assert.Empty(await AuditAsync(host, repair: true));
            for (int i = 1; i <= deleted; i++)
            {
                await host.Store.Sessions.DeleteAsync(_user.Session($"s{i}"), Cancelled);
            }

            await host.QuietAsync();
            await Task.Delay(TimeSpan.FromMinutes(1), cluster.Time, Cancelled);
            Assert.Empty(await AuditAsync(host, repair: false));
            await container.GetBlobClient(late).UploadAsync(bytes, Cancelled);
            await Task.Delay(TimeSpan.FromHours(1), cluster.Time, Cancelled);
            Finding found = Assert.Single(await AuditAsync(host, repair: false));
            Assert.Equal((FindingKind.OrphanedSearch, RepairState.Removable, late), (found.Kind, found.Repair, found.Blob));
            Assert.Equal(RepairState.Removed, Assert.Single(await AuditAsync(host, repair: true)).Repair);
            Assert.Empty(await AuditAsync(host, repair: true));
            Assert.DoesNotContain(await ArchivesAsync(container), static a => a.SessionId == "s1");
            Assert.Equal(8 - deleted, (await ArchivesAsync(container)).Distinct().Count());
            using Host fresh = await Host.StartAsync(cluster, container.Name);
            Assert.Equal(8 - deleted, (await SearchAsync(fresh, "listens")).Count);
        });

    [Fact]
    public Task An_audit_reports_a_merged_segment_that_cannot_be_read() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 8);
        await host.MergeToEndAsync(_user);
        BlobClient blob = container.GetBlobClient(Assert.Single(await NamesAsync(container)));
        byte[] bytes = (await blob.DownloadContentAsync(Cancelled)).Value.Content.ToArray();
        await blob.UploadAsync(new BinaryData(bytes[..^1]), overwrite: true, Cancelled);
        Assert.Empty(await SearchAsync(host, "pelican1"));
        List<Finding> found = await AuditAsync(host, repair: true);
        Assert.Equal((FindingKind.SearchDamaged, FindingSeverity.Error), (found[0].Kind, found[0].Severity));

        // What it had is written anew.
        Assert.Equal(
            Enumerable.Repeat((FindingKind.ArchiveNotIndexed, RepairState.Written), 8),
            found.Skip(1).Select(static f => (f.Kind, f.Repair)));
        Assert.Single(await SearchAsync(host, "pelican1"));
        Assert.Equal(FindingKind.SearchDamaged, Assert.Single(await AuditAsync(host, repair: true)).Kind);

        // Neither a deletion nor a merge waits for it.
        await host.Store.Sessions.DeleteAsync(_user.Session("s1"), Cancelled);
        await host.QuietAsync();
        await host.MergeToEndAsync(_user);
        Assert.Contains(blob.Name, await NamesAsync(container));
    });

    /// <summary>Of more than one block; every word of its messages is found.</summary>
    [Fact]
    public Task Long_segments_are_merged_in_blocks() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        for (int i = 1; i <= 8; i++)
        {
            SessionKey key = _user.Session($"s{i}");
            for (int m = 0; m < 10; m++)
            {
                IEnumerable<string> words = Enumerable.Range(0, 6_000).Select(w => $"w{(((i * 10) + m) * 6_000) + w}x{w}");
                await host.AppendAsync(key, string.Join(' ', words));
            }

            await host.SwitchAsync(await host.ClearAsync(key, Id(i)), s_uncovered);
        }

        host.Log.Clear();
        await host.MergeToEndAsync(_user);
        string name = Assert.Single(await NamesAsync(container));

        // Of a segment's postings and dictionary each part once.
        Assert.InRange(host.Log.Requests.Count(static r => r.Is("GET", "search/", "")), 8, 8 * 8);
        BlobProperties properties = await container.GetBlobClient(name).GetPropertiesAsync(cancellationToken: Cancelled);
        Assert.True(properties.ContentLength > BlockBlobStream.BlockBytes);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        for (int i = 1; i <= 8; i++)
        {
            Assert.Single(await SearchAsync(fresh, $"w{((i * 10) + 5) * 6_000}x0"));
        }
    });

    /// <summary>A step that was stalled may come when what was made has been merged in its turn, or is damaged.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Inputs_stay_where_what_was_made_of_them_cannot_be_read(bool isDamaged) => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await SwitchAllAsync(host, 1, 8);
        List<string> inputs = await NamesAsync(container);
        List<ListedSegment> segments = await host.Merger.ListAsync(_user, BlobNames.SearchOfUser(_user), Cancelled).ToListAsync(Cancelled);
        MergedSegments merged = await host.Merger.MergeAsync(new MergeGroup(_user, segments), Cancelled);
        BlobClient output = container.GetBlobClient(merged.Output);
        if (isDamaged)
        {
            byte[] bytes = (await output.DownloadContentAsync(Cancelled)).Value.Content.ToArray();
            bytes[^5] ^= 1;
            await output.UploadAsync(new BinaryData(bytes), overwrite: true, Cancelled);
        }
        else
        {
            await output.DeleteAsync(cancellationToken: Cancelled);
        }

        Assert.False(await host.Merger.DeleteAsync(merged, Cancelled));
        Assert.Equal(inputs, (await NamesAsync(container)).Take(8));
        Assert.Single(await SearchAsync(host, "pelican1"));
    });

    private static async Task<List<Finding>> AuditAsync(Host host, bool repair)
    {
        var options = new AuditOptions { Repair = repair, OrphanAge = TimeSpan.Zero };
        return await host.Store.Audit.RunAsync(options, cancellationToken: Cancelled).ToListAsync(Cancelled);
    }

    // As the orchestration does it; no engine runs it.
    private async Task MergeStepsAsync(IndexMerger merger)
    {
        List<ListedSegment> segments = await merger.ListAsync(_user, BlobNames.SearchOfUser(_user), Cancelled).ToListAsync(Cancelled);
        foreach (IReadOnlyList<ListedSegment> group in MergePlan.Choose(segments, new HashSet<string>(), 4))
        {
            MergedSegments merged = await merger.MergeAsync(new MergeGroup(_user, group), Cancelled);
            if (merged.Merged.Count > 0)
            {
                await merger.DeleteAsync(merged, Cancelled);
            }
        }
    }

    private async Task SwitchAllAsync(Host host, int first, int last)
    {
        for (int i = first; i <= last; i++)
        {
            await SwitchAsync(host, i);
        }
    }

    private async Task SwitchAsync(Host host, int number)
    {
        SessionKey key = _user.Session($"s{number}");
        await host.AppendAsync(key, $"a pelican{number} listens");
        await host.SwitchAsync(await host.ClearAsync(key, Id(number)), s_uncovered);
    }

    private static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"c{number:x31}");

    private Task<IReadOnlyList<SearchHit>> SearchAsync(Host host, string query) =>
        host.Store.MemorySearch.SearchAsync(_user, query, 10, where: null, Cancelled);

    private static async Task<List<string>> NamesAsync(BlobContainerClient container) => await container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = BlobNames.Search }, Cancelled)
        .Select(static b => b.Name)
        .ToListAsync(Cancelled);

    // Of all segments, one that is in two of them twice.
    private static async Task<List<SegmentArchive>> ArchivesAsync(BlobContainerClient container)
    {
        var archives = new List<SegmentArchive>();
        foreach (string name in await NamesAsync(container))
        {
            BlobClient blob = container.GetBlobClient(name);
            BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: Cancelled);
            archives.AddRange(await SegmentReader.ReadArchivesAsync(new BlobSegment(blob, properties.ContentLength), Cancelled));
        }

        return archives;
    }

    private static async Task<string> TextAsync(BlobContainerClient container, string name) =>
        Encoding.Latin1.GetString((await container.GetBlobClient(name).DownloadContentAsync(Cancelled)).Value.Content);

    /// <summary>A client whose engine is away.</summary>
    private sealed class AbsentClient : DelegatingOrchestrationClient
    {
        protected override OrchestrationClient Inner => throw new IOException("The engine is away.");
    }
}
