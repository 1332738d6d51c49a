using System.Globalization;
using Azure.Storage.Blobs;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Memories;

/// <summary>Changes of memories come into force once, however often, late, and by however many hosts the switch is run.</summary>
public sealed class MemoryStageTests(SimulatedFixture storage)
{
    private static readonly SessionKey One = new("acme", "ada", "one");
    private static readonly SessionKey Two = new("acme", "ada", "two");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_zombie_that_wakes_up_at_any_request_of_a_switch_changes_nothing()
    {
        int points = 0;
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host zombie = await Host.StartAsync(storage, container);
            using Host other = await Host.StartAsync(storage, container);
            await other.AppendAsync(One, "+preferences/tea=green", "+events/one=happened");
            CommitInput commit = await zombie.AcceptAsync(One, "c1");
            CommitProgress staged = await zombie.ArchiveToTempAsync(commit);
            await zombie.ClearLiveAsync(commit, staged);
            SemanticOutcome outcome = await zombie.SemanticProcessAsync(commit);
            if (await zombie.HoldAsync(k, () => zombie.SwitchAsync(commit, outcome)) is not var (stalled, held))
            {
                break;
            }

            points++;
            CommitProgress switched = await other.SwitchAsync(commit, outcome);
            Assert.Equal(2, switched.Memories!.Changed.Values.Sum());

            // Two commits of another session: the first of them forgets the one that is over, the second itself finds that gone.
            for (int i = 2; i <= 3; i++)
            {
                await other.AppendAsync(Two, $"+preferences/tea=number {i}");
                await other.CommitAsync(await other.AcceptAsync(Two, $"c{i}"));
            }

            await held.ReleaseAsync();
            CommitProgress late = await stalled;
            Assert.Equal(2, late.Memories!.Changed.Values.Sum());
            Assert.Equal(["preferences/tea 3 green number 2 number 3", "events/one 1 happened"], await StoredMemories.AllAsync(other));
            SessionInfo info = await other.Store.Sessions.GetAsync(One, false, Cancelled);
            Assert.Equal(2, info.MemoriesExtracted);
            Assert.Equal(
                [(MemoryCategory.Preferences, 1L), (MemoryCategory.Events, 1L)],
                info.MemoriesByCategory.OrderBy(static c => c.Key).Select(static c => (c.Key, c.Value)));
        }

        Assert.InRange(points, 10, 25);
    }

    [Fact]
    public async Task A_zombie_of_a_session_that_is_deleted_changes_nothing_any_more()
    {
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host zombie = await Host.StartAsync(storage, container);
            using Host other = await Host.StartAsync(storage, container);
            await other.AppendAsync(One, "+preferences/tea=green");
            CommitInput commit = await zombie.AcceptAsync(One, "c1");
            await zombie.ClearLiveAsync(commit, await zombie.ArchiveToTempAsync(commit));
            SemanticOutcome outcome = await zombie.SemanticProcessAsync(commit);
            if (await zombie.HoldAsync(k, () => zombie.SwitchAsync(commit, outcome)) is not var (stalled, held))
            {
                break;
            }

            await other.SwitchAsync(commit, outcome);
            await other.DeleteAsync(commit);
            await other.DeleteBlobsAsync(commit);
            await other.AppendAsync(Two, "+preferences/tea=black");
            await other.CommitAsync(await other.AcceptAsync(Two, "c2"));
            await held.ReleaseAsync();
            await Record.ExceptionAsync(() => stalled);
            Assert.Equal(["preferences/tea 2 green black"], await StoredMemories.AllAsync(other));
        }
    }

    [Fact]
    public async Task Many_sessions_of_one_user_on_two_hosts_lose_no_change_of_each_other()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host first = await Host.RunAsync(storage, container);
        using Host second = await Host.RunAsync(storage, container);
        const int Sessions = 12;
        await Task.WhenAll(Enumerable.Range(1, Sessions).Select(async i =>
        {
            Host host = i % 2 == 0 ? first : second;
            SessionKey key = One with { Id = $"s{i}" };
            await host.AppendAsync(key, $"+preferences/tea=line {i}");
            CommitTask task = await host.CommitToEndAsync(key);
            Assert.Equal(1, task.Output!.Memories!.Changed[MemoryCategory.Preferences]);
        }));

        using Host fresh = await Host.StartAsync(storage, container);
        Memory tea = await fresh.Store.Memories.GetAsync(One.Owner, MemoryCategory.Preferences, "tea", Cancelled);
        Assert.Equal(Sessions, tea.Info.Revision);
        Assert.Equal(
            Enumerable.Range(1, Sessions).Select(static i => $"line {i}").Order(),
            tea.Content.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public async Task What_others_changed_since_the_digest_looked_is_merged_and_not_overwritten()
    {
        string container = (await storage.NewContainerAsync()).Name;
        var processor = new FakeProcessor();
        using Host host = await Host.RunAsync(storage, container, processor: processor);
        await PutAsync(host, "tea", "likes green\nno sugar\n");
        await PutAsync(host, "gone", "old\n");
        await host.AppendAsync(One, "!preferences/tea=likes black\nno sugar", "-preferences/gone");
        processor.Between = async _ =>
        {
            processor.Between = static _ => Task.CompletedTask;
            await PutAsync(host, "tea", "likes green\nno sugar\nin the afternoon\n");
            await PutAsync(host, "gone", "still needed\n");
        };
        CommitTask task = await host.CommitToEndAsync(One);
        Assert.Equal(
            ["preferences/gone 2 still needed", "preferences/tea 3 no sugar in the afternoon likes black"],
            await StoredMemories.AllAsync(host));
        MemorySkip skip = Assert.Single(task.Output!.Memories!.Skipped);
        Assert.Equal("gone", skip.Name);
    }

    [Fact]
    public async Task The_catalogue_names_only_commits_that_are_on_their_way()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        for (int i = 1; i <= 20; i++)
        {
            await host.AppendAsync(One, $"+events/e{i}=happened");
            await host.CommitToEndAsync(One);
        }

        var stored = await blobs.GetBlobClient("memories/acme/ada/catalogue.json").DownloadContentAsync(Cancelled);
        MemoryCatalogue catalogue = StoreJson.Read<MemoryCatalogue>(stored.Value.Content);
        Assert.Single(catalogue.Applied);
        Assert.Equal(20, catalogue.Memories.Count);

        // Nothing lies about but what is named.
        List<string> files = await blobs
            .GetBlobsAsync(new() { Prefix = "memories/" }, Cancelled)
            .Select(static b => b.Name)
            .ToListAsync(Cancelled);
        Assert.Equal(21, files.Count);
    }

    [Fact]
    public async Task One_commits_changes_can_be_taken_back_and_what_came_later_stays()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(storage, container);
        await host.AppendAsync(One, "+preferences/tea=green", "+entities/bob=a friend", "+events/old=was");
        await host.CommitToEndAsync(One);
        await host.AppendAsync(One, "+preferences/tea=black", "+entities/eve=an enemy", "-events/old");
        await host.CommitToEndAsync(One);
        await host.AppendAsync(One, "+preferences/tea=white");
        await host.CommitToEndAsync(One);

        MemoryDiff diff = (await host.Store.Memories.FindDiffAsync(One, 2, Cancelled))!;
        Assert.Equal(
            ["Entities eve  -> an enemy", "Events old was -> ", "Preferences tea green -> green black"],
            diff.Changes.Select(static c => $"{c.Category} {c.Name} {Flat(c.Before)} -> {Flat(c.After)}").Order());
        for (int times = 1; times <= 2; times++)
        {
            await host.Store.Memories.UndoAsync(One, 2, Cancelled);
            Assert.Equal(
                ["preferences/tea 4 green white", "entities/bob 1 a friend", "events/old 1 was"], await StoredMemories.AllAsync(host));
        }

        Assert.Null(await host.Store.Memories.UndoAsync(One, 4, Cancelled));
    }

    [Theory]
    [InlineData("""{"self":{"enabled":false}}""", 0)]
    [InlineData("""{"memory_types":["events"]}""", 1)]
    [InlineData("""{"memory_types":["experiences"]}""", 0)]
    [InlineData("""{"memory_types":[]}""", 0)]
    [InlineData("""{"self":{"enabled":true}}""", 2)]
    public async Task The_sessions_policy_says_what_is_extracted(string policy, int changes)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(storage, container);
        var settings = new SessionSettings { MemoryPolicy = StoreJson.Read<MemoryPolicy>(BinaryData.FromString(policy)) };
        await host.Store.Sessions.CreateAsync(One.Owner, "one", settings, null, Cancelled);
        await host.AppendAsync(One, "+preferences/tea=green", "+events/one=happened");
        CommitTask task = await host.CommitToEndAsync(One);
        Assert.Equal(changes, (await StoredMemories.AllAsync(host)).Count);
        Assert.Equal(changes, task.Output!.Memories!.Changed.Values.Sum());
        Assert.Equal(changes < 2, task.Output.Memories.Skipped.Count > 0);
    }

    [Fact]
    public async Task Memories_that_cannot_be_read_hold_up_no_commit()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name);
        await blobs.GetBlobClient("memories/acme/ada/catalogue.json").UploadAsync(BinaryData.FromString("{ torn"), Cancelled);
        await host.AppendAsync(One, "+preferences/tea=green");
        host.Processor.WithoutLooking = true;
        CommitTask task = await host.CommitToEndAsync(One);
        Assert.Equal(CommitTaskStatus.Completed, task.Status);
        Assert.Contains("cannot be read", Assert.Single(task.Output!.Memories!.Skipped).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_version_holds_up_no_commit()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using (Host host = await Host.RunAsync(storage, blobs.Name))
        {
            await PutAsync(host, "tea", "green");
        }

        await foreach (var blob in blobs.GetBlobsAsync(new() { Prefix = "memories/acme/ada/preferences/" }, Cancelled))
        {
            await blobs.DeleteBlobAsync(blob.Name, cancellationToken: Cancelled);
        }

        using Host later = await Host.RunAsync(storage, blobs.Name);
        await later.AppendAsync(One, "+preferences/tea=black");
        Assert.Equal(CommitTaskStatus.Completed, (await later.CommitToEndAsync(One)).Status);
        Assert.Equal(["preferences/tea 2 black"], await StoredMemories.AllAsync(later));
    }

    [Fact]
    public async Task Changes_that_cannot_be_made_are_reported()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(storage, container);
        string tooMany = string.Join('\n', Enumerable.Range(1, 10));
        await host.AppendAsync(
            One,
            [
                "-events/none",
                "+events/empty=",
                "+events/long=" + new string('x', MemoryLimits.MaxContentLength + 1),
                "+events/Grüße an Bob!=" + tooMany,
                .. Enumerable.Range(1, MemoryLimits.MaxChanges)
                    .Select(static i => string.Create(CultureInfo.InvariantCulture, $"+cases/c{i}=x")),
            ]);
        CommitTask task = await host.CommitToEndAsync(One);
        Assert.Equal(MemoryLimits.MaxChanges - 3, task.Output!.Memories!.Changed.Values.Sum());
        Assert.Equal(
            [null, "empty", "long", "none"],
            task.Output.Memories.Skipped.Select(static s => s.Name).Order(StringComparer.Ordinal));
        Assert.Contains(await StoredMemories.AllAsync(host), static m => m.StartsWith("events/gr-e-an-bob-", StringComparison.Ordinal));
    }

    private static string Flat(string? text) => text?.Trim().Replace('\n', ' ') ?? "";

    private static Task<MemoryInfo> PutAsync(Host host, string name, string content) =>
        host.Store.Memories.PutAsync(One.Owner, MemoryCategory.Preferences, name, content, new MemoryCondition(), Cancelled);
}
