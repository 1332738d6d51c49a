using Azure.Storage.Blobs;
using DurableSessions.Core.Context;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Memories;

/// <summary>What comes from others neither fills up a user's memories, nor pushes the owner's out of what a digest is shown.</summary>
public sealed class MemoryShareTests(SimulatedFixture storage)
{
    private const string TooManyOfOthers = "there are 750 memories that do not come from the owner's words alone, which is the most";
    private const string TooMany = "there are 1000 memories, which is the most";

    private static readonly SessionKey One = new("acme", "ada", "one");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MemorySources.Tool)]
    [InlineData(MemorySources.Owner | MemorySources.Assistant)]
    [InlineData(null)]
    public async Task Others_leave_a_quarter_for_the_owner(MemorySources? sources)
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        await SetAsync(blobs, Some(MemoryLimits.MaxMemoriesOfOthers - 1, sources));
        MemoryReport full = await CommitAsync(host, MemorySources.Tool, "+events/last=a", "+events/more=b", "+events/last=c");
        Assert.Equal([new MemorySkip(TooManyOfOthers, MemoryCategory.Events, "more")], full.Skipped);

        // A memory that is there may grow by any source, and the owner's own finds room.
        Assert.Empty((await CommitAsync(host, MemorySources.Owner, "+preferences/tea=green", "+events/mine=d")).Skipped);
        Assert.Empty((await CommitAsync(host, MemorySources.Tool, "+events/mine=e", "+events/last=f")).Skipped);
        Assert.Equal([TooManyOfOthers], (await CommitAsync(host, null, "+events/more=b")).Skipped.Select(static s => s.Reason));
    }

    [Fact]
    public async Task The_owner_fills_what_is_left_and_no_more()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        await SetAsync(
            blobs,
            Some(MemoryLimits.MaxMemories - MemoryLimits.MaxMemoriesOfOthers - 1, MemorySources.Owner, "own")
                .Concat(Some(MemoryLimits.MaxMemoriesOfOthers, MemorySources.Peer)));
        MemoryReport report = await CommitAsync(host, MemorySources.Owner, "+events/last=a", "+events/more=b");
        Assert.Equal([new MemorySkip(TooMany, MemoryCategory.Events, "more")], report.Skipped);
    }

    [Fact]
    public async Task What_is_taken_back_and_what_the_owners_client_writes_is_not_limited_by_the_share_of_others()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        await SetAsync(blobs, Some(MemoryLimits.MaxMemoriesOfOthers - 1, MemorySources.Tool, changedAt: DateTimeOffset.UnixEpoch));
        await CommitAsync(host, MemorySources.Tool, "+events/first=a");
        Assert.Empty((await CommitAsync(host, MemorySources.Owner, "-events/first")).Skipped);
        Assert.Empty((await CommitAsync(host, MemorySources.Tool, "+events/second=b")).Skipped);
        await host.Store.Memories.UndoAsync(One, 2, Cancelled);
        await host.Store.Memories.PutAsync(One.Owner, MemoryCategory.Events, "third", "c", new MemoryCondition(), Cancelled);
        Assert.Equal(MemorySources.Tool, (await FindAsync(host, "first")).Sources);
        Assert.Equal(MemorySources.Owner, (await FindAsync(host, "third")).Sources);
        Assert.Equal([TooManyOfOthers], (await CommitAsync(host, MemorySources.Tool, "+events/fourth=d")).Skipped.Select(s => s.Reason));
    }

    [Fact]
    public async Task A_memory_that_a_digest_was_not_shown_is_not_deleted_and_the_reason_says_so()
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        await CommitAsync(host, MemorySources.Owner, "+events/e=was");
        host.Processor.WithoutLooking = true;
        MemoryReport report = await CommitAsync(host, MemorySources.Owner, "-events/e");
        Assert.Equal(
            [
                new MemorySkip(
                    "its content was not shown to the digest, which may not delete what it has not seen", MemoryCategory.Events, "e"),
            ],
            report.Skipped);
        Assert.Equal(["events/e 1 was"], await StoredMemories.AllAsync(host));
    }

    [Fact]
    public async Task Memories_of_others_that_changed_last_do_not_keep_the_owners_from_being_shown()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        await CommitAsync(host, MemorySources.Owner, "+events/mine=a");
        await SetAsync(blobs, [await FindAsync(host, "mine"), .. Some(MemoryLimits.MaxShown, MemorySources.Peer)]);
        Assert.Empty((await CommitAsync(host, MemorySources.Owner, "-events/mine")).Skipped);
    }

    [Theory]
    [InlineData(MemorySources.Owner, 0)]
    [InlineData(MemorySources.Tool, 1)]
    public async Task What_others_add_to_a_memory_of_the_owners_does_not_keep_it_from_being_shown(
        MemorySources first, int skipped)
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        await CommitAsync(host, first, "+events/mine=a");
        await CommitAsync(host, MemorySources.Tool, "+events/mine=b");
        MemoryInfo both = await FindAsync(host, "mine");
        Assert.Equal(first | MemorySources.Tool, both.Sources);
        await SetAsync(blobs, [both, .. Some(MemoryLimits.MaxShown, MemorySources.Owner | MemorySources.Tool)]);
        Assert.Equal(skipped, (await CommitAsync(host, MemorySources.Owner, "-events/mine")).Skipped.Count);
    }

    [Fact]
    public async Task A_memory_that_others_write_anew_is_not_the_owners_because_an_earlier_one_was()
    {
        MemorySources? OwnersDeletion(MemoryChange change) =>
            change.Operation == MemoryOperation.Delete ? MemorySources.Owner : MemorySources.Tool;
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        await CommitAsync(host, MemorySources.Owner, "+events/mine=a");
        Assert.True((await FindAsync(host, "mine")).HasOwnersWords);
        await CommitAsync(host, MemorySources.Owner, "-events/mine");
        await CommitAsync(host, MemorySources.Tool, "+events/mine=b");
        Assert.False((await FindAsync(host, "mine")).HasOwnersWords);

        // Taking the deletion back brings the owner's words with it.
        await host.Store.Memories.UndoAsync(One, 2, Cancelled);
        Assert.True((await FindAsync(host, "mine")).HasOwnersWords);

        // The same by one commit.
        host.Processor.SourcesOf = OwnersDeletion;
        await CommitAsync(host, null, "-events/mine", "+events/mine=c");
        MemoryInfo last = await FindAsync(host, "mine");
        Assert.Equal((MemorySources.Tool, false), (last.Sources, last.HasOwnersWords));
    }

    [Fact]
    public async Task Profile_and_preferences_come_first_then_the_owners_own_then_others()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        await CommitAsync(host, MemorySources.Owner, "+preferences/old=a", "+events/mine=b");
        await CommitAsync(host, MemorySources.Tool, "+entities/page=c");
        MemoryPage page = await host.Store.Memories.ListAsync(One.Owner, null, MemoryService.MaxPage, null, Cancelled);
        await SetAsync(blobs, page.Items.Select(static m => m.Name == "old" ? m with { Sources = null } : m));
        SessionContext context = await host.Store.Sessions.ReadContextAsync(
            One, 100_000, query: null, includeMemories: true, hold: null, read: null, Cancelled);
        Assert.Equal(["old", "mine", "page"], context.Memories.Select(static m => m.Info.Name));
    }

    private static async Task<MemoryReport> CommitAsync(Host host, MemorySources? sources, params string[] changes)
    {
        host.Processor.Sources = sources;
        await host.AppendAsync(One, changes);
        return (await host.CommitToEndAsync(One)).Output!.Memories!;
    }

    private static async Task<MemoryInfo> FindAsync(Host host, string name) =>
        (await host.Store.Memories.GetAsync(One.Owner, MemoryCategory.Events, name, Cancelled)).Info;

    // Newer than all that a test makes, unless it says when. Storage has no contents of them, as of memories that change while a host
    // reads them.
    private static IEnumerable<MemoryInfo> Some(
        int count, MemorySources? sources, string prefix = "c", DateTimeOffset? changedAt = null) =>
        Enumerable.Range(1, count).Select(i => new MemoryInfo
        {
            Category = MemoryCategory.Cases,
            Name = $"{prefix}{i:0000}",
            Version = $"{prefix}{i}",
            Revision = 1,
            Abstract = "x",
            Tokens = 1,
            ChangedAt = changedAt ?? DateTimeOffset.MaxValue.AddDays(-1),
            Sources = sources,
        });

    private static async Task SetAsync(BlobContainerClient blobs, IEnumerable<MemoryInfo> memories) =>
        await blobs.GetBlobClient("memories/acme/ada/catalogue.json")
            .UploadAsync(StoreJson.Write(new MemoryCatalogue { Memories = [.. memories] }), overwrite: true, Cancelled);
}
