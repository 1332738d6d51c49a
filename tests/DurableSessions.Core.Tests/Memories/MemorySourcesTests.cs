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

/// <summary>What a change may do by its sources, whichever processor asks for it; and which sources a memory has after it.</summary>
public sealed class MemorySourcesTests(SimulatedFixture storage)
{
    private const MemorySources Mixed = MemorySources.Owner | MemorySources.Tool;

    private static readonly SessionKey One = new("acme", "ada", "one");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MemorySources.Tool)]
    [InlineData(MemorySources.Peer)]
    [InlineData(MemorySources.Assistant)]
    [InlineData(MemorySources.Owner | MemorySources.Assistant)]
    [InlineData(Mixed)]
    [InlineData(MemorySources.None)]
    [InlineData(null)]
    public async Task What_does_not_come_from_the_owner_alone_only_adds_to_entities_events_and_cases(MemorySources? sources)
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        string[] there = ["+profile/me=ada", "+preferences/tea=green", "+entities/bob=a friend", "+events/e=was", "+cases/c=solved"];
        await CommitAsync(host, MemorySources.Owner, there);
        CommitTask task = await CommitAsync(
            host, sources,
            "+profile/me=mallory", "!profile/me=mallory", "-profile/me", "+preferences/tea=black", "+preferences/new=x", "-preferences/tea",
            "!entities/bob=gone", "-events/e", "!cases/c=open", "+entities/bob=an enemy", "+events/new=happened");
        Assert.Equal(
            [
                "profile/me 1 ada", "preferences/tea 1 green", "entities/bob 2 a friend an enemy", "events/e 1 was",
                "events/new 1 happened", "cases/c 1 solved",
            ],
            await StoredMemories.AllAsync(host));
        Assert.Equal(
            9, task.Output!.Memories!.Skipped.Count(static s => s.Reason.StartsWith("only the owner's", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_memory_has_the_sources_of_all_that_was_merged_until_it_is_replaced_as_a_whole()
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        await CommitAsync(host, MemorySources.Owner, "+entities/bob=a friend");
        Assert.Equal(MemorySources.Owner, (await GetAsync(host)).Sources);
        CommitTask merged = await CommitAsync(host, MemorySources.Tool, "+entities/bob=an enemy");
        Assert.Equal((Mixed, merged.TaskId, "one"), (await GetAsync(host)) is { } m ? (m.Sources, m.ChangedBy, m.ChangedIn) : default);
        await CommitAsync(host, MemorySources.Owner, "!entities/bob=a colleague");
        Assert.Equal(MemorySources.Owner, (await GetAsync(host)).Sources);

        // What a commit did is taken back with its sources. What is left of two is both's.
        await host.Store.Memories.UndoAsync(One, 3, Cancelled);
        Assert.Equal((Mixed, null, null), (await GetAsync(host)) is { } u ? (u.Sources, u.ChangedBy, u.ChangedIn) : default);
        await host.Store.Memories.PutAsync(One.Owner, MemoryCategory.Entities, "bob", "mine", new MemoryCondition(), Cancelled);
        Assert.Equal((MemorySources.Owner, null), (await GetAsync(host)) is { } p ? (p.Sources, p.ChangedIn) : default);
    }

    [Fact]
    public async Task A_digest_of_an_earlier_version_is_applied_and_its_memories_are_of_unknown_sources()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.StartAsync(storage, blobs.Name);
        await host.AppendAsync(One, "+preferences/tea=green");
        CommitInput commit = await host.AcceptAsync(One, "c1");
        await host.ClearLiveAsync(commit, await host.ArchiveToTempAsync(commit));
        SemanticOutcome outcome = await host.SemanticProcessAsync(commit);
        await RewriteAsync(blobs.GetBlobClient(outcome.Semantic), "\"sources\":\"owner\"", "\"ignored\":\"x\"");

        using Host later = await Host.StartAsync(storage, blobs.Name);
        await later.SwitchAsync(commit, outcome);
        Assert.Equal(["preferences/tea 1 green"], await StoredMemories.AllAsync(later));
        MemoryInfo info = (await later.Store.Memories.ListAsync(One.Owner, null, 1, null, Cancelled)).Items[0];
        Assert.Equal((null, "one"), (info.Sources, info.ChangedIn));
    }

    [Fact]
    public async Task A_catalogue_of_an_earlier_version_is_read_and_what_the_owner_adds_to_its_memories_leaves_them_unknown()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using (Host host = await Host.RunAsync(storage, blobs.Name))
        {
            await CommitAsync(host, MemorySources.Owner, "+entities/bob=a friend");
        }

        await RewriteAsync(
            blobs.GetBlobClient("memories/acme/ada/catalogue.json"), "\"changed_in\":\"one\",\"sources\":\"owner\"", "\"ignored\":1");
        using Host later = await Host.RunAsync(storage, blobs.Name);
        Assert.Equal((null, null), (await GetAsync(later)) is { } old ? (old.Sources, old.ChangedIn) : default);
        await CommitAsync(later, MemorySources.Owner, "+entities/bob=in Oslo");
        Assert.Null((await GetAsync(later)).Sources);
        await CommitAsync(later, MemorySources.Tool, "+entities/bob=in Rome");
        Assert.Equal(MemorySources.Tool, (await GetAsync(later)).Sources);
        await CommitAsync(later, MemorySources.Owner, "+entities/bob=in Bergen");
        Assert.Equal(Mixed, (await GetAsync(later)).Sources);
    }

    private static async Task<CommitTask> CommitAsync(Host host, MemorySources? sources, params string[] changes)
    {
        host.Processor.Sources = sources;
        await host.AppendAsync(One, changes);
        return await host.CommitToEndAsync(One);
    }

    private static async Task<MemoryInfo> GetAsync(Host host) =>
        (await host.Store.Memories.GetAsync(One.Owner, MemoryCategory.Entities, "bob", Cancelled)).Info;

    private static async Task RewriteAsync(BlobClient blob, string written, string instead)
    {
        BlobDownloadResult content = await blob.DownloadContentAsync(Cancelled);
        string text = content.Content.ToString();
        Assert.Contains(written, text, StringComparison.Ordinal);
        await blob.UploadAsync(BinaryData.FromString(text.Replace(written, instead, StringComparison.Ordinal)), overwrite: true, Cancelled);
    }
}
