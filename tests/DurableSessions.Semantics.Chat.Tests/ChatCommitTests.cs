using DurableSessions.Core.Commits;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Semantics;
using DurableSessions.Testing;

namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>Commits whose digest is a model's, over real HTTP to model and storage, with crashes at every storage request.</summary>
public sealed class ChatCommitTests(AzuriteFixture azurite)
{
    private const int MaxRequests = 100;

    private static readonly string[] Said = [.. Enumerable.Range(1, 12).Select(static i => $"{i} " + string.Concat(Enumerable.Repeat("some words ", 60)))];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_storage_request_pays_no_answer_that_arrived_twice_and_applies_nothing_twice(bool carriedOut)
    {
        int windows = 0;
        int points = 0;
        for (int k = 0; k <= MaxRequests; k++)
        {
            await using StubModel stub = await StubModel.StartAsync();
            int answers = 0;
            stub.Says = _ => StubModel.Digest(
                "line", $"overview {Interlocked.Increment(ref answers)}", new { operation = "merge", category = "events", name = "e", content = "a fact" });
            string container = (await azurite.NewContainerAsync()).Name;
            using ChatHost host = await ChatHost.RunAsync(azurite, container, stub);
            await host.AppendAsync(Said);
            if (k == 0)
            {
                CommitTask whole = await host.CommitToEndAsync();
                windows = stub.Questions.Count;
                Assert.InRange(windows, 2, 10);
                Assert.Equal(new TokenUsage(100 * windows, 10 * windows, windows, 40 * windows, 4 * windows), whole.Output!.Usage);
                continue;
            }

            int from = host.Log.Count;
            host.Faults.StopTheWorldAt(host.Faults.Requests + k, carriedOut);
            Task<CommitTask> commit = host.CommitToEndAsync();
            bool died = await Task.WhenAny(commit, host.Faults.Stopped).WaitAsync(TimeSpan.FromSeconds(60), Cancelled) != commit;
            await host.KillAsync();
            if (!died)
            {
                break;
            }

            points++;
            bool lostOne = host.Faults.ToString().Contains("/answers/", StringComparison.Ordinal) && host.Faults.ToString().Contains("PUT", StringComparison.Ordinal) && !carriedOut;
            using ChatHost next = await ChatHost.RunAsync(azurite, container, stub);
            IReadOnlyList<CommitTask> tasks = await next.EndAllAsync();
            if (tasks.Count == 0)
            {
                Assert.Empty(stub.Questions);
                continue;
            }

            CommitTask task = Assert.Single(tasks);
            Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Covered), (task.Status, task.Output!.State!.Value));
            Assert.True(stub.Questions.Count <= windows + (lostOne ? 1 : 0), $"{stub.Questions.Count} answers were paid for, of {windows}: {host.Faults}{Environment.NewLine}{host.Log}");
            Assert.Equal(new TokenUsage(100 * windows, 10 * windows, windows, 40 * windows, 4 * windows), task.Output.Usage);

            // Whatever was done twice: counted once.
            Assert.Equal(task.Output.Usage, (await next.Store.Sessions.GetAsync(ChatHost.Key, autoCreate: false, Cancelled)).Usage);
            Memory memory = await next.Store.Memories.GetAsync("acme", "ada", MemoryCategory.Events, "e", Cancelled);
            Assert.Equal(1, memory.Info.Revision);
        }

        Assert.InRange(points, 20, MaxRequests - 1);
    }

    [Fact]
    public async Task A_model_that_is_away_leaves_a_degraded_archive_and_the_next_commits_digest_is_its_own_again()
    {
        await using StubModel stub = await StubModel.StartAsync();
        stub.NextStatus(500, times: 3);
        string container = (await azurite.NewContainerAsync()).Name;
        using ChatHost host = await ChatHost.RunAsync(azurite, container, stub);
        await host.AppendAsync("We decided to use PostgreSQL.");
        CommitTask task = await host.CommitToEndAsync();
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Degraded), (task.Status, task.Output!.State!.Value));
        Assert.Null(task.Output.Usage);
        Assert.Equal(TokenUsage.None, (await host.Store.Sessions.GetAsync(ChatHost.Key, autoCreate: false, Cancelled)).Usage);
        Assert.Contains("no memories", Assert.Single(task.Output.Memories!.Skipped).Reason, StringComparison.Ordinal);
        await host.AppendAsync("more");
        Assert.Equal(ArchiveState.Covered, (await host.CommitToEndAsync()).Output!.State);
    }

    [Fact]
    public async Task With_the_policy_to_fail_the_archive_stays_uncovered_until_a_retry()
    {
        await using StubModel stub = await StubModel.StartAsync();
        stub.NextSays("nonsense", times: 3);
        stub.Says = static _ => StubModel.Digest("line", "# overview", new { operation = "create", category = "profile", name = "me", content = "Ada" });
        string container = (await azurite.NewContainerAsync()).Name;
        using ChatHost host = await ChatHost.RunAsync(azurite, container, stub, new SemanticPolicy { FallBack = false, MaxAttempts = 2 });
        await host.AppendAsync("I am Ada");
        CommitTask failed = await host.CommitToEndAsync();
        Assert.Equal(CommitTaskStatus.Failed, failed.Status);
        Assert.Contains("can be used", failed.Error, StringComparison.Ordinal);
        Assert.Equal(3, stub.Questions.Count);
        Assert.Single((await host.Store.Sessions.ReadContextAsync(ChatHost.Key, 10_000, Cancelled)).Messages);

        await host.Store.Tasks.RetryAsync("acme", "ada", failed.TaskId, Cancelled);
        CommitTask retried = await host.EndAsync(failed.TaskId);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Covered), (retried.Status, retried.Output!.State!.Value));
        Assert.Equal(4, stub.Questions.Count);
        Assert.Equal(1, retried.Output.Memories!.Changed[MemoryCategory.Profile]);
        Assert.Equal("Ada", (await host.Store.Memories.GetAsync("acme", "ada", MemoryCategory.Profile, "me", Cancelled)).Content);
        Assert.NotNull(await host.Store.Memories.FindDiffAsync(ChatHost.Key, 1, Cancelled));

        // All four answers, by the swap that covers; and a later commit's are added.
        Assert.Equal(new TokenUsage(400, 40, 4, 160, 16), retried.Output.Usage);
        Assert.Equal(retried.Output.Usage, (await host.Store.Sessions.GetAsync(ChatHost.Key, autoCreate: false, Cancelled)).Usage);
        await host.AppendAsync("more");
        await host.CommitToEndAsync();
        Assert.Equal(new TokenUsage(500, 50, 5, 200, 20), (await host.Store.Sessions.GetAsync(ChatHost.Key, autoCreate: false, Cancelled)).Usage);
    }
}
