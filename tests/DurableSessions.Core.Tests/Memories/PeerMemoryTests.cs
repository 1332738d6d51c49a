using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Memories;

/// <summary>The same name for two peers, or for one and the user, is another memory: written, found and taken back by itself.</summary>
public sealed class PeerMemoryTests(SimulatedFixture storage)
{
    private const string A = "project-a";
    private const string B = "project-b";
    private const string Catalogue = "memories/acme/ada/catalogue.json";

    private static readonly SessionKey One = new("acme", "ada", "one");
    private static readonly MemoryKey OfUser = new(MemoryCategory.Preferences, "tea");
    private static readonly MemoryKey OfA = OfUser with { Peer = A };
    private static readonly MemoryKey OfB = OfUser with { Peer = B };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_name_of_two_peers_and_of_the_user_is_written_changed_and_deleted_by_itself()
    {
        using Host host = await Host.StartAsync(storage, (await storage.NewContainerAsync()).Name);
        MemoryService memories = host.Store.Memories;
        foreach (MemoryKey key in (MemoryKey[])[OfUser, OfA, OfB])
        {
            string content = $"tea of {key.Peer}".Trim();
            MemoryInfo put = await memories.PutAsync(One.Owner, key, content, new MemoryCondition(IsNew: true), Cancelled);
            Assert.Equal((key.Peer, 1), (put.Peer, put.Revision));
        }

        await memories.PutAsync(One.Owner, OfA, "changed", new MemoryCondition(), Cancelled);
        Assert.Equal(["tea of", "changed", "tea of project-b"], await ContentsAsync(host));
        await memories.DeleteAsync(One.Owner, OfUser, new MemoryCondition(), Cancelled);
        Assert.Equal([null, "changed", "tea of project-b"], await ContentsAsync(host));
        await memories.DeleteAsync(One.Owner, OfA, new MemoryCondition(), Cancelled);
        await Assert.ThrowsAsync<MemoryNotFoundException>(
            () => memories.DeleteAsync(One.Owner, OfA, new MemoryCondition(), Cancelled));
        Assert.Equal([null, null, "tea of project-b"], await ContentsAsync(host));
        Assert.Equal([B], await memories.ListPeersAsync(One.Owner, Cancelled));
        Assert.Empty((await memories.ListAsync(One.Owner, null, 10, null, Cancelled)).Items);
        Assert.Equal(B, Assert.Single((await memories.ListAsync(One.Owner, B, null, 10, null, Cancelled)).Items).Peer);
        await Assert.ThrowsAsync<ArgumentException>(
            () => memories.PutAsync(One.Owner, OfA with { Peer = "C:\\work" }, "x", new MemoryCondition(), Cancelled));
    }

    [Fact]
    public async Task A_switch_that_crashes_after_any_request_applies_the_changes_of_each_once()
    {
        int points = 0;
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host zombie = await Host.StartAsync(storage, container);
            using Host other = await Host.StartAsync(storage, container);
            await SayAsync(other, null, "+preferences/tea=everywhere");
            await SayAsync(other, A, "+preferences/tea=in a");
            await SayAsync(other, B, "+preferences/tea=in b");
            CommitInput commit = await zombie.AcceptAsync(One, "c1");
            await zombie.ClearLiveAsync(commit, await zombie.ArchiveToTempAsync(commit));
            SemanticOutcome outcome = await zombie.SemanticProcessAsync(commit);
            Assert.Equal(3, outcome.MemoryChanges);
            if (await zombie.HoldAsync(k, () => zombie.SwitchAsync(commit, outcome)) is not var (stalled, held))
            {
                break;
            }

            points++;
            CommitProgress switched = await other.SwitchAsync(commit, outcome);
            Assert.Equal(3, switched.Memories!.Changed[MemoryCategory.Preferences]);
            await held.ReleaseAsync();
            Assert.Equal(3, (await stalled).Memories!.Changed[MemoryCategory.Preferences]);
            Assert.Equal(["everywhere", "in a", "in b"], await ContentsAsync(other));
            foreach (MemoryKey key in (MemoryKey[])[OfUser, OfA, OfB])
            {
                Assert.Equal(1, (await other.Store.Memories.GetAsync(One.Owner, key, Cancelled)).Info.Revision);
            }

            Assert.Equal(3, (await other.Store.Memories.FindDiffAsync(One, 1, Cancelled))!.Changes.Count);
        }

        Assert.InRange(points, 14, 35);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_commit_did_to_each_is_taken_back_and_what_others_said_for_another_peer_stays(bool withKey)
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        await host.Store.Memories.PutAsync(One.Owner, OfB, "mine", new MemoryCondition(), Cancelled);
        await SayAsync(host, null, "+preferences/tea=everywhere");
        await SayAsync(host, A, "+preferences/tea=mine");
        CommitTask task = await host.CommitToEndAsync(One);
        Assert.Equal(2, task.Output!.Memories!.Changed[MemoryCategory.Preferences]);
        Assert.Equal(["everywhere", "mine", "mine"], await ContentsAsync(host));
        IdempotencyKey? key = withKey ? Words.Key("k") : null;
        MemoryDiff undone = (await host.Store.Memories.UndoAsync(One, 1, key, Cancelled))!;
        Assert.Equal([null, A], undone.Changes.Select(static c => c.Peer));
        Assert.Equal([null, null, "mine"], await ContentsAsync(host));
        MemoryDiff again = (await host.Store.Memories.UndoAsync(One, 1, key, Cancelled))!;
        Assert.Equal(withKey ? 2 : 0, again.Changes.Count);
    }

    [Fact]
    public async Task An_undo_with_a_key_that_crashes_after_any_request_is_carried_on_by_its_repetition()
    {
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host host = await Host.RunAsync(storage, container);
            await SayAsync(host, null, "+preferences/tea=everywhere");
            await SayAsync(host, A, "+preferences/tea=in a");
            await host.CommitToEndAsync(One);
            await host.QuietAsync();
            using Host dead = await Host.StartAsync(storage, container);
            if (await dead.HoldAsync(k, () => dead.Store.Memories.UndoAsync(One, 1, Words.Key("k"), Cancelled)) is not var (stalled, held))
            {
                break;
            }

            MemoryDiff undone = (await host.Store.Memories.UndoAsync(One, 1, Words.Key("k"), Cancelled))!;
            Assert.Equal([null, A], undone.Changes.Select(static c => c.Peer));
            Assert.Equal([null, null, null], await ContentsAsync(host));
            await held.ReleaseAsync();
            Assert.Equal([null, A], (await stalled)!.Changes.Select(static c => c.Peer));
        }
    }

    [Fact]
    public async Task A_catalogue_that_knows_no_peers_holds_the_users_own()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.StartAsync(storage, blobs.Name);
        await host.Store.Memories.PutAsync(One.Owner, OfUser, "old", new MemoryCondition(), Cancelled);
        JsonNode stored = await ReadAsync(blobs, Catalogue);
        Assert.Null(stored["memories"]![0]!["peer"]);
        Assert.Equal(["old", null, null], await ContentsAsync(host));
    }

    [Fact]
    public async Task A_host_of_an_earlier_version_neither_shows_what_belongs_to_a_peer_nor_loses_it()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        await host.Store.Memories.PutAsync(One.Owner, OfUser, "everywhere", new MemoryCondition(), Cancelled);
        await SayAsync(host, A, "+preferences/tea=in a");
        await host.CommitToEndAsync(One);
        await host.QuietAsync();

        // What it reads of catalogues, digests and diffs has no peer's memory in it.
        var old = (await ReadAsync(blobs, Catalogue)).AsObject();
        Assert.DoesNotContain("in a", old.ToJsonString(), StringComparison.Ordinal);
        Assert.Single(old["memories"]!.AsArray());
        await foreach (BlobItem blob in blobs.GetBlobsAsync(BlobTraits.None, BlobStates.None, "archives/", Cancelled))
        {
            if (blob.Name.EndsWith("semantic.json", StringComparison.Ordinal))
            {
                JsonNode digest = await ReadAsync(blobs, blob.Name);
                Assert.Empty(digest["memories"]!.AsArray());
                Assert.Equal(A, Assert.Single(digest["peer_memories"]!.AsArray())!["peer"]!.GetValue<string>());
            }

            Assert.False(blob.Name.EndsWith("/memory_diff.json", StringComparison.Ordinal));
        }

        // It takes a blob of six parts for a version of the catalogue that it knows, and removes it where that does not name it.
        await foreach (BlobItem blob in blobs.GetBlobsAsync(BlobTraits.None, BlobStates.None, "memories/", Cancelled))
        {
            Assert.True(blob.Name.Split('/').Length != 6 || !blob.Name.Contains("/peers/", StringComparison.Ordinal), blob.Name);
        }

        // It writes its catalogue as a whole, with what it knows of it.
        await blobs.GetBlobClient(Catalogue).UploadAsync(BinaryData.FromString(old.ToJsonString()), overwrite: true, Cancelled);
        using Host fresh = await Host.StartAsync(storage, blobs.Name);
        Assert.Equal(["everywhere", "in a", null], await ContentsAsync(fresh));
    }

    [Theory]
    [InlineData(true, true, "+u +a")]
    [InlineData(true, false, "+u")]
    [InlineData(false, true, "+a")]
    [InlineData(false, false, "")]
    public async Task A_policy_without_peers_or_without_the_user_makes_no_memory_of_these(bool self, bool peer, string made)
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        var policy = new MemoryPolicy { Self = new MemoryTarget(self), Peer = new MemoryTarget(peer) };
        await host.Store.Sessions.CreateAsync(One.Owner, One.Id, new SessionSettings { MemoryPolicy = policy }, null, Cancelled);
        await SayAsync(host, null, "+preferences/tea=+u");
        await SayAsync(host, A, "+preferences/tea=+a");
        CommitTask task = await host.CommitToEndAsync(One);
        Assert.Equal(made, string.Join(' ', (await ContentsAsync(host)).OfType<string>()));
        IReadOnlyList<MemorySkip> skipped = task.Output!.Memories!.Skipped;
        Assert.Equal(self && peer, skipped.Count == 0);
        Assert.All(skipped, static s => Assert.Contains("policy", s.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_case_is_the_users_own_and_a_peer_that_no_header_can_name_has_no_memories()
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        await SayAsync(host, A, "+cases/port=was taken");
        await SayAsync(host, "C:\\work", "+preferences/tea=no");
        CommitTask task = await host.CommitToEndAsync(One);
        Assert.Equal(["cases/port 1 was taken"], await StoredMemories.AllAsync(host));
        Assert.Contains("A-Z a-z 0-9", Assert.Single(task.Output!.Memories!.Skipped).Reason, StringComparison.Ordinal);
        Assert.Empty(await host.Store.Memories.ListPeersAsync(One.Owner, Cancelled));
    }

    [Theory]
    [InlineData(null, null, new string?[] { null, A, B })]
    [InlineData(A, null, new string?[] { null, A })]
    [InlineData("", null, new string?[] { null })]
    [InlineData(null, B, new string?[] { B })]
    public async Task A_search_finds_what_the_peer_sees(string? seenBy, string? of, string?[] found)
    {
        using Host host = await Host.StartAsync(storage, (await storage.NewContainerAsync()).Name);
        foreach (MemoryKey key in (MemoryKey[])[OfUser, OfA, OfB])
        {
            await host.Store.Memories.PutAsync(One.Owner, key, "oolong", new MemoryCondition(), Cancelled);
        }

        var filter = new SearchFilter { SeenBy = seenBy, Peer = of };
        IReadOnlyList<SearchHit> hits = await host.Store.MemorySearch.SearchAsync(One.Owner, "oolong", 10, filter, null, Cancelled);
        Assert.Equal(found, hits.Select(static h => h.Memory!.Peer).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_context_has_the_users_own_and_those_of_the_view()
    {
        using Host host = await Host.StartAsync(storage, (await storage.NewContainerAsync()).Name);
        await SayAsync(host, A, "hello");
        foreach (MemoryKey key in (MemoryKey[])[OfUser, OfA, OfB])
        {
            await host.Store.Memories.PutAsync(One.Owner, key, "oolong", new MemoryCondition(), Cancelled);
        }

        Assert.Equal([null, A], await PeersAsync(MemoryView.Of(A)));
        Assert.Equal([null], await PeersAsync(MemoryView.Own));
        Assert.Equal([null, A, B], await PeersAsync(MemoryView.All));

        async Task<IEnumerable<string?>> PeersAsync(MemoryView view) =>
            (await host.Store.Sessions.ReadContextAsync(One, 10_000, null, view, null, null, Cancelled))
            .Memories.Select(static m => m.Info.Peer).Order(StringComparer.Ordinal);
    }

    private static async Task SayAsync(Host host, string? peer, string text) =>
        await host.Store.Sessions.AppendAsync(One, [Words.Message(text) with { PeerId = peer }], null, Cancelled);

    // Of the user, of the first peer, and of the second.
    private static async Task<IReadOnlyList<string?>> ContentsAsync(Host host)
    {
        var contents = new List<string?>();
        foreach (MemoryKey key in (MemoryKey[])[OfUser, OfA, OfB])
        {
            contents.Add((await host.Store.Memories.FindAsync(One.Owner, key, Cancelled))?.Content.Trim());
        }

        return contents;
    }

    private static async Task<JsonNode> ReadAsync(BlobContainerClient blobs, string name) =>
        JsonNode.Parse((await blobs.GetBlobClient(name).DownloadContentAsync(Cancelled)).Value.Content.ToString())!;
}
