using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Memories;

/// <summary>Memories of events have the tags that their commit was accepted with, whatever is set later or crashes.</summary>
public sealed class EventTagTests(SimulatedFixture storage)
{
    private static readonly SessionKey One = new("acme", "ada", "one");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a=1", null, "a=1")]
    [InlineData("a=1", "", "")]
    [InlineData("a=1", "b=2,c=3", "b=2,c=3")]
    [InlineData("no tag,A = x,a=1", null, "a =x,a=1")]
    public async Task A_commit_has_its_own_tags_or_those_of_its_session(string ofSession, string? ofCommit, string expected)
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        await host.Store.Sessions.CreateAsync(One.Owner, One.Id, Settings(ofSession), null, Cancelled);
        await host.AppendAsync(One, "+events/one=happened", "+preferences/tea=green");
        Assert.Equal(CommitTaskStatus.Completed, (await CommitAsync(host, ofCommit)).Status);
        Assert.Equal(expected.Replace("a =x", "a = x", StringComparison.Ordinal), await TagsAsync(host));
        Assert.Equal("", await TagsAsync(host, MemoryCategory.Preferences, "tea"));
    }

    [Fact]
    public async Task A_commit_that_crashes_at_any_request_while_its_sessions_tags_change_has_those_of_its_cut()
    {
        var seen = new List<string>();
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host dead = await Host.StartAsync(storage, container);
            using Host other = await Host.StartAsync(storage, container);
            await other.Store.Sessions.CreateAsync(One.Owner, One.Id, Settings("a=1"), null, Cancelled);
            await other.AppendAsync(One, "+events/one=happened");
            CommitInput commit = await dead.AcceptAsync(One, "c1");
            if (await dead.HoldAsync(k, () => dead.CommitAsync(commit)) is not var (stalled, held))
            {
                break;
            }

            await other.Store.Sessions.ConfigureAsync(One, static _ => Settings("b=2"), Cancelled);
            await other.CommitAsync(commit);
            seen.Add(await TagsAsync(other));
            await held.ReleaseAsync();
            await Record.ExceptionAsync(() => stalled);
            Assert.Equal(seen[^1], await TagsAsync(other));
        }

        // First those that were set before there was a cut, then those of the cut, and nothing else.
        Assert.Equal(["a=1", "b=2"], seen.Distinct().Order());
        Assert.Equal(seen.OrderByDescending(static t => t, StringComparer.Ordinal), seen);
        Assert.True(seen.Count(static t => t == "a=1") > 10);
    }

    [Fact]
    public async Task An_archive_that_is_digested_again_and_one_that_is_retried_have_the_tags_of_their_commit()
    {
        var options = new SessionOptions
        {
            Semantic = new SemanticPolicy { MaxAttempts = 1, Timeout = TimeSpan.FromSeconds(10), FallBack = false },
        };
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name, options);
        host.Processor.Before = static _ => throw new IOException("The model is away.");
        await host.AppendAsync(One, "+events/one=happened");
        CommitTask failed = await CommitAsync(host, "a=1");
        Assert.Equal(CommitTaskStatus.Failed, failed.Status);
        host.Processor.Before = static _ => Task.CompletedTask;
        await host.Store.Tasks.RetryAsync(One.Owner, failed.TaskId, Cancelled);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(One, failed.TaskId)).Status);
        Assert.Equal("a=1", await TagsAsync(host));

        using Host falls = await Host.RunAsync(
            storage,
            (await storage.NewContainerAsync()).Name,
            options with { Semantic = options.Semantic with { FallBack = true } });
        falls.Processor.Before = static _ => throw new IOException("The model is away.");
        await falls.AppendAsync(One, "+events/one=happened");
        Assert.Equal(ArchiveState.Degraded, (await CommitAsync(falls, "a=1")).Output!.State);
        falls.Processor.Before = static _ => Task.CompletedTask;
        await falls.DigestAgainAsync(One);
        Assert.Equal("a=1", await TagsAsync(falls));
    }

    [Fact]
    public async Task Tags_of_later_commits_come_to_those_that_are_there_and_are_bounded()
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        await host.AppendAsync(One, "+events/one=happened");
        await CommitAsync(host, "a=1,b=1");
        await host.AppendAsync(One, "+events/one=again");
        await CommitAsync(host, "c=3,a=2");
        Assert.Equal("a=2,b=1,c=3", await TagsAsync(host));

        // The same words again, of other tags.
        await host.AppendAsync(One, "+events/one=again");
        CommitTask same = await CommitAsync(host, "d=4");
        Assert.Empty(same.Output!.Memories!.Skipped);
        Assert.Equal("a=2,b=1,c=3,d=4", await TagsAsync(host));
        await host.AppendAsync(One, "+events/one=again");
        Assert.Contains(
            "says so", Assert.Single((await CommitAsync(host, "d=4")).Output!.Memories!.Skipped).Reason, StringComparison.Ordinal);

        // What its owner writes, and one more than there may be, leaves them.
        await host.Store.Memories.PutAsync(
            One.Owner, new MemoryKey(MemoryCategory.Events, "one"), "by hand", new MemoryCondition(), Cancelled);
        await host.AppendAsync(One, "+events/one=more");
        CommitTask full = await CommitAsync(host, string.Join(',', Enumerable.Range(1, EventTags.MaxTags).Select(static i => $"k{i}=v")));
        Assert.Contains(
            $"more than {EventTags.MaxTags}", Assert.Single(full.Output!.Memories!.Skipped).Reason, StringComparison.Ordinal);
        Assert.Equal("a=2,b=1,c=3,d=4", await TagsAsync(host));

        // Taken back, the tags of that commit go, and with a memory that comes back, its own come back.
        await host.Store.Memories.UndoAsync(One, 3, Cancelled);
        Assert.Equal("a=2,b=1,c=3", await TagsAsync(host));
        await host.AppendAsync(One, "-events/one");
        await CommitAsync(host, null);
        Assert.Null(await host.Store.Memories.FindAsync(One.Owner, MemoryCategory.Events, "one", Cancelled));
        await host.Store.Memories.UndoAsync(One, 6, Cancelled);
        Assert.Equal("a=2,b=1,c=3", await TagsAsync(host));
    }

    [Fact]
    public async Task A_search_by_tags_finds_the_memories_that_have_all_of_them_and_nothing_else()
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        await host.AppendAsync(One, "+events/one=kettle whistled", "kettle");
        await CommitAsync(host, "a=1,b=2");
        await host.AppendAsync(One, "+events/two=kettle broke");
        await CommitAsync(host, "a=1");
        await host.AppendAsync(One, "kettle");
        Assert.Equal(["one", "two"], await FindAsync("a=1"));
        Assert.Equal(["one"], await FindAsync("b=2", "a=1"));
        Assert.Empty(await FindAsync("a=2"));
        Assert.Contains(null, await FindAsync());

        async Task<IEnumerable<string?>> FindAsync(params string[] tags) =>
            (await host.Store.MemorySearch.SearchAsync(
                One.Owner, "kettle", 10, new SearchFilter { Tags = tags }, where: null, Cancelled))
                .Select(static h => h.Memory?.Name).Order();
    }

    [Theory]
    [InlineData("A=1")]
    [InlineData("a")]
    [InlineData("a=1,a=2")]
    [InlineData("=1")]
    [InlineData("a=b=c")]
    public async Task Tags_that_are_none_are_refused(string tags)
    {
        using Host host = await Host.StartAsync(storage, (await storage.NewContainerAsync()).Name);
        await Assert.ThrowsAsync<ArgumentException>(() => CommitAsync(host, tags));
        Assert.Equal(0, host.Faults.Requests);
    }

    [Fact]
    public void A_tag_is_a_key_and_a_value_in_lower_case()
    {
        Assert.Equal("team=a b", EventTags.Normalize("  Team=A B "));
        Assert.Null(EventTags.Normalize("k=" + new string('v', EventTags.MaxTagLength)));
        Assert.NotNull(EventTags.Normalize("k=" + new string('v', EventTags.MaxTagLength - 2)));
        Assert.All((string[])["", "a", "=", "a=", "=b", "a=b=c"], static t => Assert.Null(EventTags.Normalize(t)));
    }

    private static SessionSettings Settings(string tags) => new()
    {
        MemoryExtractionConfig = new MemoryExtractionConfig(new EventExtractionConfig(tags.Split(','))),
    };

    private static async Task<CommitTask> CommitAsync(Host host, string? tags)
    {
        CommitAnswer answer = await host.Store.Commits.CommitAsync(
            One, new CommitRequest { EventTags = tags?.Split(',', StringSplitOptions.RemoveEmptyEntries) }, Cancelled);
        return await host.EndOfAsync(One, answer.Task!.TaskId);
    }

    private static async Task<string> TagsAsync(
        Host host, MemoryCategory category = MemoryCategory.Events, string name = "one") =>
        string.Join(',', (await host.Store.Memories.GetAsync(One.Owner, category, name, Cancelled)).Info.Tags ?? []);
}
