using System.Net;
using Azure.Storage.Blobs;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>Commits whose digest is a model's, with crashes at every storage request, in several orders of what happens.</summary>
[Collection(nameof(Simulated))]
public sealed class ChatCommitTests
{
    private const int MaxRequests = 100;

    /// <summary>Schedules of each kind for one request.</summary>
    private const int Drawn = 1;

    /// <summary>More than one window holds.</summary>
    internal static readonly string[] Said =
    [
        .. Enumerable.Range(1, 12).Select(static i => $"{i} " + string.Concat(Enumerable.Repeat("some words ", 60))),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_storage_request_pays_no_answer_that_arrived_twice_and_applies_nothing_twice(bool carriedOut)
    {
        int windows = await CountWindowsAsync();
        int points = 0;
        for (bool died = true; died && points < MaxRequests;)
        {
            int k = points + 1;
            Task<bool> CrashAtAsync(SimulatedCluster cluster, bool isDrawn) => CrashAsync(cluster, k, carriedOut, windows, isDrawn);
            for (int drawn = 0; drawn < Drawn; drawn++)
            {
                int seed = (((2 * k) + (carriedOut ? 1 : 0)) * Drawn) + drawn;
                await SimulatedCluster.RunAsync(Schedule.Uniform(seed), cluster => CrashAtAsync(cluster, isDrawn: true));
                await SimulatedCluster.RunAsync(Schedule.Priorities(seed), cluster => CrashAtAsync(cluster, isDrawn: true));
            }

            await InOrderAsync(async cluster => died = await CrashAtAsync(cluster, isDrawn: false));
            points += died ? 1 : 0;
        }

        Assert.InRange(points, 20, MaxRequests - 1);
    }

    [Fact]
    public Task A_digest_on_request_asks_the_model_anew_and_keeps_no_answer_once_it_is_stored() => InOrderAsync(async cluster =>
    {
        InProcessModel model = Answering();
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        using ChatHost host = await ChatHost.RunAsync(cluster, blobs.Name, model);
        await host.Store.Sessions.AppendAsync(ChatHost.Key, [Words.Message("mine")], null, Cancelled);
        await host.CommitToEndAsync();
        int asked = model.Questions.Count;
        int kept = await CountAnswersAsync();
        DigestTask task = await host.Store.Digests.StartAsync(ChatHost.Key, 1, new DigestRequest(DigestMode.Preview), Cancelled);
        task = await host.Store.Digests.WaitAsync(ChatHost.Key.Owner, task.TaskId, Cancelled)
            .WaitAsync(host.Patience, cluster.Time, Cancelled);
        Assert.Equal((CommitTaskStatus.Completed, asked + 1), (task.Status, model.Questions.Count));
        Assert.Equal(kept, await CountAnswersAsync());
        Assert.Equal("none", StubModel.Document(model.Questions[^1]).GetProperty("memory_changes").GetString());

        ValueTask<int> CountAnswersAsync() => blobs.GetBlobsAsync(cancellationToken: Cancelled)
            .CountAsync(static b => b.Name.Contains("/answers", StringComparison.Ordinal), Cancelled);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_storage_request_pays_no_answer_about_the_owners_words_twice(bool carriedOut)
    {
        int kept = 0;
        int points = 0;
        for (bool died = true; died && points < MaxRequests; points++)
        {
            await InOrderAsync(async cluster =>
            {
                InProcessModel model = Answering();
                string container = (await cluster.NewContainerAsync()).Name;
                using ChatHost host = await ChatHost.RunAsync(cluster, container, model);
                await host.Store.Sessions.AppendAsync(
                    ChatHost.Key, [Words.Message("mine"), Words.Message("a page says", "assistant")], null, Cancelled);
                host.Faults.StopTheWorldAt(host.Faults.Requests + points + 1, carriedOut);
                Task<CommitTask> commit = host.CommitToEndAsync();
                died = await Task.WhenAny(commit, host.Faults.Stopped).WaitAsync(host.Patience, cluster.Time, Cancelled) != commit;
                await host.KillAsync();
                int lost = LosesAnswer(host, carriedOut) ? 1 : 0;
                kept += died && model.Questions.Count - lost == 2 ? 1 : 0;
                using ChatHost next = await ChatHost.RunAsync(cluster, container, model);
                foreach (CommitTask task in await next.EndAllAsync())
                {
                    Assert.Equal(2 + lost, model.Questions.Count);
                    Assert.Equal(new TokenUsage(200, 20, 2, 80, 8), task.Output!.Usage);
                }
            });
        }

        // Among them the one that stores the digest.
        Assert.InRange(kept, 1, points);
        Assert.InRange(points, 20, MaxRequests - 1);
    }

    // A host dies at a request of its commit, and another one goes on. Whether the commit had not ended before. Where the clock may go on
    // while requests wait, a client may have given up instead; what holds after a death holds then, too.
    private static async Task<bool> CrashAsync(SimulatedCluster cluster, int k, bool carriedOut, int windows, bool isDrawn)
    {
        InProcessModel model = Answering();
        string container = (await cluster.NewContainerAsync()).Name;
        using ChatHost host = await ChatHost.RunAsync(cluster, container, model);
        host.Patience = isDrawn ? TimeSpan.FromHours(1) : host.Patience;
        await host.AppendAsync(Said);
        host.Faults.StopTheWorldAt(host.Faults.Requests + k, carriedOut);
        Task<CommitTask> commit = host.CommitToEndAsync();
        bool died = await Task.WhenAny(commit, host.Faults.Stopped).WaitAsync(host.Patience, cluster.Time, Cancelled) != commit;
        await host.KillAsync();
        if (!died && !isDrawn)
        {
            await commit;
            return false;
        }

        bool lostOne = LosesAnswer(host, carriedOut);
        using ChatHost next = await ChatHost.RunAsync(cluster, container, model);
        next.Patience = host.Patience;
        IReadOnlyList<CommitTask> tasks = await next.EndAllAsync();
        if (tasks.Count == 0)
        {
            Assert.Empty(model.Questions);
            return died;
        }

        CommitTask task = Assert.Single(tasks);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Covered), (task.Status, task.Output!.State!.Value));
        Assert.True(
            model.Questions.Count <= windows + (isDrawn ? Unkept(host.Log) + Unkept(next.Log) : lostOne ? 1 : 0),
            $"{model.Questions.Count} answers were paid for, of {windows}: {host.Faults}{Environment.NewLine}{host.Log}");
        Assert.Equal(new TokenUsage(100 * windows, 10 * windows, windows, 40 * windows, 4 * windows), task.Output.Usage);

        // Work that was done twice is counted once.
        Assert.Equal(task.Output.Usage, (await next.Store.Sessions.GetAsync(ChatHost.Key, autoCreate: false, Cancelled)).Usage);
        Memory memory = await next.Store.Memories.GetAsync(ChatHost.Key.Owner, MemoryCategory.Events, "e", Cancelled);
        Assert.Equal(1, memory.Info.Revision);
        return died;
    }

    // Whether the host died at the request that should have stored an answer.
    private static bool LosesAnswer(ChatHost host, bool carriedOut) =>
        !carriedOut
        && host.Faults.ToString().Contains("/answers/", StringComparison.Ordinal)
        && host.Faults.ToString().Contains("PUT", StringComparison.Ordinal);

    // Answers that storage may not have: where the clock goes on while requests wait, a client may give up keeping one.
    private static int Unkept(RequestLog log) => log.Requests.Count(static r =>
        r.Method == "PUT" && r.Blob.Contains("/answers/", StringComparison.Ordinal) && r.Status is not (>= 200 and < 300));

    private static async Task<int> CountWindowsAsync()
    {
        int windows = 0;
        await InOrderAsync(async cluster =>
        {
            InProcessModel model = Answering();
            using ChatHost host = await ChatHost.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, model);
            await host.AppendAsync(Said);
            CommitTask whole = await host.CommitToEndAsync();
            windows = model.Questions.Count;
            Assert.InRange(windows, 2, 10);
            Assert.Equal(new TokenUsage(100 * windows, 10 * windows, windows, 40 * windows, 4 * windows), whole.Output!.Usage);
        });
        return windows;
    }

    private static InProcessModel Answering()
    {
        int answers = 0;
        return new InProcessModel
        {
            Says = _ => StubModel.Digest(
                "line",
                $"overview {Interlocked.Increment(ref answers)}",
                new { operation = "merge", category = "events", name = "e", content = "a fact" }),
        };
    }

    private static Task InOrderAsync(Func<SimulatedCluster, Task> test) => SimulatedCluster.RunAsync(Schedule.InOrder, test);

    [Fact]
    public Task A_model_that_is_away_leaves_a_degraded_archive_and_the_next_commits_digest_is_its_own_again() =>
        InOrderAsync(async cluster =>
        {
            var model = new InProcessModel();
            model.NextStatus(HttpStatusCode.InternalServerError, times: 3);
            string container = (await cluster.NewContainerAsync()).Name;
            using ChatHost host = await ChatHost.RunAsync(cluster, container, model);
            await host.AppendAsync("We decided to use PostgreSQL.");
            CommitTask task = await host.CommitToEndAsync();
            Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Degraded), (task.Status, task.Output!.State!.Value));
            Assert.Null(task.Output.Usage);
            Assert.Equal(TokenUsage.None, (await host.Store.Sessions.GetAsync(ChatHost.Key, autoCreate: false, Cancelled)).Usage);
            Assert.Matches(@"^the model did not answer: HTTP status 500 \(ERR-[0-9a-f]{16}\)$", task.Output.Reason);
            Assert.Equal(
                $"the built-in digest, which extracts no memories, stands in for the model: {task.Output.Reason}",
                Assert.Single(task.Output.Memories!.Skipped).Reason);
            Assert.Empty(task.Output.Memories.Changed);
            await host.AppendAsync("more");
            Assert.Equal(ArchiveState.Covered, (await host.CommitToEndAsync()).Output!.State);
        });

    [Fact]
    public Task With_the_policy_to_fail_the_archive_stays_uncovered_until_a_retry() => InOrderAsync(async cluster =>
    {
        var model = new InProcessModel();
        model.NextSays("nonsense", times: 3);
        model.Says = static _ => StubModel.Digest(
            "line", "# overview", new { operation = "create", category = "profile", name = "me", content = "Ada" });
        string container = (await cluster.NewContainerAsync()).Name;
        using ChatHost host = await ChatHost.RunAsync(cluster, container, model, new SemanticPolicy { FallBack = false, MaxAttempts = 2 });
        await host.AppendAsync("I am Ada");
        CommitTask failed = await host.CommitToEndAsync();
        Assert.Equal(CommitTaskStatus.Failed, failed.Status);
        Assert.StartsWith(
            "The step semantic-process failed: the model gave no answer that can be used. ", failed.Error, StringComparison.Ordinal);
        Assert.Equal(3, model.Questions.Count);
        Assert.Single((await host.Store.Sessions.ReadContextAsync(ChatHost.Key, 10_000, Cancelled)).Messages);

        await host.Store.Tasks.RetryAsync(ChatHost.Key.Owner, failed.TaskId, Cancelled);
        CommitTask retried = await host.EndAsync(failed.TaskId);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Covered), (retried.Status, retried.Output!.State!.Value));
        Assert.Equal(4, model.Questions.Count);
        Assert.Equal(1, retried.Output.Memories!.Changed[MemoryCategory.Profile]);
        Memory me = await host.Store.Memories.GetAsync(ChatHost.Key.Owner, MemoryCategory.Profile, "me", Cancelled);
        Assert.Equal("Ada", me.Content);
        Assert.NotNull(await host.Store.Memories.FindDiffAsync(ChatHost.Key, 1, Cancelled));

        // All four answers, by the swap that covers; and a later commit's are added.
        Assert.Equal(new TokenUsage(400, 40, 4, 160, 16), retried.Output.Usage);
        Assert.Equal(retried.Output.Usage, (await host.Store.Sessions.GetAsync(ChatHost.Key, autoCreate: false, Cancelled)).Usage);
        await host.AppendAsync("more");
        await host.CommitToEndAsync();
        Assert.Equal(
            new TokenUsage(500, 50, 5, 200, 20), (await host.Store.Sessions.GetAsync(ChatHost.Key, autoCreate: false, Cancelled)).Usage);
    });
}
