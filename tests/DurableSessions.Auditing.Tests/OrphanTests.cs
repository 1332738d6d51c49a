using DurableSessions.Core.Archives;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Deletion;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>A blob that nothing refers to is found, kept while it is young, and removed when it is old; and nothing else is.</summary>
public sealed class OrphanTests(SimulatedFixture storage)
{
    private readonly SessionKey _key = new("acme", "ada", "s1");
    private readonly SessionKey _gone = new("acme", "ada", "gone.");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orphans_are_found_kept_when_young_removed_when_old_and_nothing_else_is_touched()
    {
        var container = new AuditedContainer(await storage.NewContainerAsync());
        using Host host = await Host.RunAsync(storage, container.Name, new SessionOptions { IdempotencyWindow = TimeSpan.Zero });
        await FillAsync(host);
        Assert.Empty(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero));
        Dictionary<string, string> clean = await container.ListAsync();

        Dictionary<string, FindingKind> planted = await PlantAsync(container, host);
        Dictionary<string, string> before = await container.ListAsync();
        Assert.Equal(clean.Count + planted.Count, before.Count);

        foreach ((bool repair, TimeSpan age, RepairState state) in ((bool, TimeSpan, RepairState)[])
            [(true, TimeSpan.FromDays(1), RepairState.TooYoung), (false, TimeSpan.Zero, RepairState.Removable)])
        {
            List<Finding> findings = await AuditedContainer.AuditAsync(host, repair, age);
            Assert.Equal(
                planted.OrderBy(static p => p.Key, StringComparer.Ordinal),
                findings.Select(static f => KeyValuePair.Create(f.Blob, f.Kind)).OrderBy(static p => p.Key, StringComparer.Ordinal));
            Assert.All(findings, f => Assert.Equal(state, f.Repair));
            Assert.Equal(before, await container.ListAsync());
        }

        List<Finding> removed = await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero);
        Assert.Equal(planted.Count, removed.Count);
        Assert.All(removed, static f => Assert.Equal((FindingSeverity.Warning, RepairState.Removed), (f.Severity, f.Repair)));

        // The manifest has given away the number of the planted segment; everything else is as it was.
        string manifest = BlobNames.Manifest(_key);
        Assert.Equal(clean.Where(b => b.Key != manifest), (await container.ListAsync()).Where(b => b.Key != manifest));
        Assert.Empty(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero));
        await host.AppendAsync(_key, "after");
        Assert.Equal(["m1", "m2", "m3", "after"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_deletion_and_a_commit_on_their_way_are_no_findings()
    {
        var container = new AuditedContainer(await storage.NewContainerAsync());
        var release = new TaskCompletionSource();
        using Host host = await Host.RunAsync(
            storage, container.Name, processor: new FakeProcessor { Before = token => release.Task.WaitAsync(token) });
        await host.AppendAsync(_gone, "g1");
        await host.Store.Sessions.DeleteAsync(_gone, Cancelled);
        await host.AppendAsync(_key, "m1", "m2");
        CommitTask task = await host.CommitAsync(_key, keepRecent: 1);
        await host.StageAsync(task.TaskId, "summarizing");
        Assert.Empty(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero));
        release.SetResult();
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, task.TaskId)).Status);
        Assert.Equal(["m1", "m2"], (await host.AuditAsync(_key)).Everything);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_segment_that_is_removed_before_it_is_named_is_never_named(bool byCommit)
    {
        var container = new AuditedContainer(await storage.NewContainerAsync());
        using Host slow = await Host.StartAsync(storage, container.Name, new SessionOptions { BlocksPerSegment = 2 });
        using Host other = await Host.StartAsync(storage, container.Name);
        await slow.AppendAsync(_key, "m1");
        CommitInput commit = await slow.AcceptAsync(_key, "c1");
        var named = new HoldsRequest();
        slow.Faults.When(static r => r.Is("PUT", "manifests/"), named);
        Task work = byCommit ? slow.CommitAsync(commit) : slow.AppendAsync(_key, "m2");
        await named.Arrived;

        // The zombie has created its segment, and is about to name it.
        Finding orphan = Assert.Single(await AuditedContainer.AuditAsync(other, repair: true, age: TimeSpan.Zero));
        Assert.Equal((FindingKind.OrphanedSegment, RepairState.Removed), (orphan.Kind, orphan.Repair));
        Assert.Equal(412, await named.ReleaseAsync());
        await work;
        await slow.AppendAsync(_key, "m3");
        Assert.DoesNotContain(await AuditedContainer.AuditAsync(other), static f => f.Severity == FindingSeverity.Error);
        Assert.Equal(byCommit ? ["m1", "m3"] : ["m1", "m2", "m3"], (await other.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task The_index_of_an_archive_that_is_not_switched_yet_is_none()
    {
        var container = new AuditedContainer(await storage.NewContainerAsync());
        using Host host = await Host.StartAsync(storage, container.Name);
        using Host other = await Host.StartAsync(storage, container.Name);
        await host.AppendAsync(_key, "m1");
        CommitInput commit = await host.ClearAsync(_key, "c1");
        SemanticOutcome outcome = await host.SemanticProcessAsync(commit);
        var swap = new HoldsRequest();
        host.Faults.When(static r => r.Is("PUT", "manifests/"), swap);
        Task switching = host.SwitchAsync(commit, outcome);
        await swap.Arrived;
        string index = await container.FindAsync("search/", ".idx");
        Assert.Equal(FindingKind.Abandoned, Assert.Single(await AuditedContainer.AuditAsync(other, repair: true, age: TimeSpan.Zero)).Kind);
        await swap.ReleaseAsync();
        await switching;
        Assert.Empty(await AuditedContainer.AuditAsync(other, repair: true, age: TimeSpan.Zero));
        Assert.Equal(index, await container.FindAsync("search/", ".idx"));
    }

    /// <summary>A host stalls before it writes the index of an archive, whose session is deleted meanwhile.</summary>
    [Fact]
    public async Task An_index_that_is_written_after_the_deletion_of_its_session_is_removed_and_finds_nothing()
    {
        var container = new AuditedContainer(await storage.NewContainerAsync());
        using Host zombie = await Host.StartAsync(storage, container.Name);
        using Host other = await Host.RunAsync(storage, container.Name, new SessionOptions { TombstoneRetention = TimeSpan.Zero });
        await zombie.AppendAsync(_key, "walrus");
        CommitInput commit = await zombie.ClearAsync(_key, "c1");
        SemanticOutcome outcome = await zombie.SemanticProcessAsync(commit);
        var write = new HoldsRequest();
        zombie.Faults.When(static r => r.Is("PUT", "search/"), write);
        Task switching = zombie.SwitchAsync(commit, outcome);
        await write.Arrived;
        DeleteInput deletion = new(_key, commit.Incarnation);
        await other.Store.Sessions.DeleteAsync(_key, Cancelled);
        await other.Client.WaitForInstanceCompletionAsync(deletion.InstanceId, Cancelled);
        Assert.Equal(201, await write.ReleaseAsync());
        await Assert.ThrowsAsync<SessionGoneException>(() => switching);

        string index = await container.FindAsync("search/", ".idx");
        Assert.Empty(await other.Store.MemorySearch.SearchAsync(_key.Owner, "walrus", 10, null, Cancelled));
        List<Finding> removed = await AuditedContainer.AuditAsync(other, repair: true, age: TimeSpan.Zero);
        Finding finding = Assert.Single(removed, f => f.Blob == index);
        Assert.Equal((FindingKind.OrphanedSession, RepairState.Removed), (finding.Kind, finding.Repair));
        Assert.DoesNotContain(index, (await container.ListAsync()).Keys);
    }

    private async Task FillAsync(Host host)
    {
        await host.AppendAsync(_key, "m1", "m2");
        CommitTask task = await host.CommitAsync(_key, idempotencyKey: Words.Key("k"));
        await host.EndOfAsync(_key, task.TaskId);
        await host.AppendAsync(_key, "m3");
        await host.CancelAsync(await host.AcceptAsync(_key, "c8"));
        await host.QuietAsync();
    }

    private async Task<Dictionary<string, FindingKind>> PlantAsync(AuditedContainer container, Host host)
    {
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        var planted = new Dictionary<string, FindingKind>();
        async Task PlantBlobAsync(string name, FindingKind kind, string content = "{}")
        {
            await container.WriteAsync(name, content);
            planted.Add(name, kind);
        }

        string segment = BlobNames.SegmentPrefix(_key, incarnation) + "000099-0123456789ab.jsonl";
        await container.CreateSegmentAsync(segment);
        planted.Add(segment, FindingKind.OrphanedSegment);
        await PlantBlobAsync(BlobNames.SegmentPrefix(_key, incarnation) + "retained-c7-1.jsonl", FindingKind.OrphanedSegment);

        // Staged by an attempt that no manifest knows; by one that was cancelled; and a digest that a later one replaced.
        var unknown = new CommitAttempt(_key, incarnation, new CommitId("c7"), 1);
        var cancelled = new CommitAttempt(_key, incarnation, new CommitId("c8"), 1);
        await PlantBlobAsync(ArchiveStore.MessagesName(unknown), FindingKind.OrphanedStaging);
        await PlantBlobAsync(ArchiveStore.MessagesName(cancelled), FindingKind.OrphanedStaging);
        await PlantBlobAsync(ArchiveStore.SemanticName(cancelled, fallback: true), FindingKind.OrphanedStaging);
        string digest = await container.FindAsync("archives/", "/semantic.json");
        await PlantBlobAsync(
            digest.Replace("semantic.json", "semantic-fallback.json", StringComparison.Ordinal), FindingKind.OrphanedStaging);

        // Indexes of archives that no attempt has made, and one under another number.
        string there = await container.FindAsync("search/", ".idx");
        (CommitAttempt Commit, int Number, int Part) indexed = BlobNames.FindSearchSegment(there)!.Value;
        await PlantBlobAsync(BlobNames.SearchSegment(unknown, 2, 0), FindingKind.OrphanedStaging);
        await PlantBlobAsync(BlobNames.SearchSegment(cancelled, 2, 0), FindingKind.OrphanedStaging);
        await PlantBlobAsync(BlobNames.SearchSegment(indexed.Commit, 2, 0), FindingKind.OrphanedStaging);
        await PlantBlobAsync(
            BlobNames.SearchSegment(indexed.Commit with { Incarnation = "older" }, 1, 0), FindingKind.OrphanedSession);

        // An incarnation that was deleted, one whose deletion was never ended, and a session that was never completed.
        await PlantBlobAsync(BlobNames.SegmentPrefix(_key, "older") + "000001-0123456789ab.jsonl", FindingKind.OrphanedSession);
        await PlantBlobAsync(
            ArchiveStore.MessagesName(new CommitAttempt(_key, "older", new CommitId("c1"), 1)), FindingKind.OrphanedSession);
        await PlantBlobAsync(BlobNames.Index(_key, "older", 1), FindingKind.OrphanedSession);
        await host.AppendAsync(_gone, "g1");
        await host.DeleteAsync(await host.AcceptAsync(_gone, "c9"));
        planted.Add(BlobNames.Manifest(_gone), FindingKind.AbandonedTombstone);
        planted.Add(await container.FindAsync("segments/acme/ada/gone~/", ".jsonl"), FindingKind.OrphanedSession);
        await PlantBlobAsync("segments/acme/ada/never/abcdefabcdef/000001-0123456789ab.jsonl", FindingKind.OrphanedSession);

        // A commit that was entered and never scheduled.
        Dictionary<string, string> before = await container.ListAsync();
        var index = new TaskIndex(await storage.ConnectAsync(container.Name));
        CommitInput accepted = await host.AcceptAsync(_key, CommitId.FromKey(Words.Key("z"), incarnation).Value);
        await index.AddAsync(accepted with { AcceptedAt = DateTimeOffset.UnixEpoch }, Cancelled);
        await index.AddAsync(await host.AcceptAsync(_key, CommitId.New(DateTimeOffset.UnixEpoch).Value), Cancelled);
        foreach (string entry in (await container.ListAsync()).Keys.Except(before.Keys))
        {
            planted.Add(entry, FindingKind.OrphanedTask);
        }

        Assert.Equal(5, planted.Values.Count(static k => k == FindingKind.OrphanedTask));
        await PlantBlobAsync(BlobNames.Creation(new UserKey("acme", "ada"), "abc"), FindingKind.ExpiredCreation);
        await PlantBlobAsync(BlobNames.Request(new UserKey("acme", "ada"), "abc"), FindingKind.ExpiredRequest);
        return planted;
    }
}
