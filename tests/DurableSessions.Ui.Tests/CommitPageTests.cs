using System.Globalization;
using System.Net;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Tasks;
using DurableSessions.Http.Keys;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using DurableSessions.Ui.Live;
using DurableSessions.Ui.Tests.Hosting;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;

namespace DurableSessions.Ui.Tests;

/// <summary>Commits of all users for an operator, one commit for its user, and what can be done with them.</summary>
public sealed class CommitPageTests(SimulatedFixture storage)
{
    private const string Said = "a secret of the session";

    private static readonly SessionKey s_ann = new("acme", "ann", "s-ann");
    private static readonly SessionKey s_bob = new("other", "bob", "s-bob");

    private readonly FakeProcessor _processor = new();

    private static CancellationToken Ends => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Failed_commits_are_found_shown_to_those_who_may_and_retried()
    {
        await using Cast cast = await StartAsync();
        _processor.Before = static _ => throw new IOException("The model is away.");
        string failed = await cast.CommitAsync(s_ann);
        string other = await cast.CommitAsync(s_bob);

        using Visitor @operator = await cast.VisitAsync(cast.OperatorsKey);
        Seen list = await @operator.GetAsync("/ui/commits?state=failed");
        FoundationTests.AssertHeaders(list);
        Assert.Contains(failed, list.Text, StringComparison.Ordinal);
        Assert.Contains(other, list.Text, StringComparison.Ordinal);
        Assert.Matches("tile bad\"[^>]*>\\s*<span class=\"tile-count\">2</span><span class=\"tile-label\">failed", list.Text);
        foreach ((string query, bool isShown) in ((string, bool)[])
            [
                ("of_user=ann", true), ("of_account=acme", true), ("session=s-ann", true), ("state=completed", false),
                ("of_user=bob", false), ("degraded=true", false), ("minutes=5", false), ("stage=Switch", false),
            ])
        {
            bool has = (await @operator.GetAsync($"/ui/commits?{query}")).Text.Contains(failed, StringComparison.Ordinal);
            Assert.True(has == isShown, query);
        }

        Assert.Equal(400, (await @operator.GetAsync("/ui/commits?state=lost")).Status);
        Assert.Equal(400, (await @operator.GetAsync("/ui/commits?minutes=-1")).Status);

        Seen one = await @operator.GetAsync($"/ui/commits/{failed}");
        string text = WebUtility.HtmlDecode(one.Text);
        Assert.Contains("attempt 2", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("<rect class=\"fail\"").Length - 1);
        Assert.Contains("the digest failed", text, StringComparison.Ordinal);
        Assert.Contains("\"runtimeStatus\": \"Failed\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Said, text, StringComparison.Ordinal);
        Assert.DoesNotContain("The model is away.", text, StringComparison.Ordinal);

        // Its own user sees it without what an operator reads; others do not know it.
        using Visitor ann = await cast.VisitAsync(cast.AnnsKey);
        Seen own = await ann.GetAsync($"/ui/commits/{failed}");
        Assert.Equal(200, own.Status);
        Assert.DoesNotContain("runtimeStatus", own.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Terminate", own.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await ann.GetAsync($"/ui/commits/{other}")).Status);
        Assert.Equal(404, (await ann.GetAsync("/ui/commits/c0000000000000000000000000000000")).Status);
        Assert.Equal(403, (await ann.GetAsync("/ui/commits")).Status);
        Assert.Equal(403, (await ann.GetAsync("/ui/host")).Status);
        await ann.GetAsync($"/ui/commits/{failed}");
        Assert.Equal(403, (await ann.PostAsync($"/ui/commits/{failed}/terminate")).Status);
        Assert.Equal(404, (await ann.PostAsync($"/ui/commits/{other}/retry")).Status);

        _processor.Before = static _ => Task.CompletedTask;
        Seen retried = await ann.PostAsync($"/ui/commits/{failed}/retry");
        Assert.Equal((303, $"/ui/commits/{failed}?said=retry"), (retried.Status, retried.Header("Location")));
        await cast.EndAsync(failed);
        Seen after = await ann.GetAsync($"/ui/commits/{failed}");
        Assert.Contains("completed", after.Text, StringComparison.Ordinal);
        Assert.Equal(412, (await ann.PostAsync($"/ui/commits/{failed}/retry")).Status);

        // What is left of the filter, all at once.
        await @operator.GetAsync("/ui/commits?state=failed");
        Seen began = await @operator.PostAsync("/ui/commits/retry", new() { ["state"] = "failed" });
        Assert.Equal("/ui/commits?state=failed&said=retrying", began.Header("Location"));
        await cast.Host.Client.WaitForInstanceAsync(other, static m => m is { Generation: 2, IsCompleted: true }, Ends);
        Assert.Equal(CommitTaskStatus.Completed, (await cast.Host.Store.Tasks.GetAsync(s_bob.Owner, other, Ends)).Status);
        Seen progress = await @operator.GetAsync("/ui/commits");
        Assert.Contains("1 of 1 begun, 0 no longer to be retried, 0 without an answer", progress.Text, StringComparison.Ordinal);
        Seen nothing = await @operator.PostAsync("/ui/commits/retry", new() { ["state"] = "failed" });
        Assert.Equal("/ui/commits?state=failed&said=nothing-to-retry", nothing.Header("Location"));
    }

    [Fact]
    public async Task A_commit_on_its_way_is_suspended_resumed_cancelled_and_terminated_and_its_page_is_told_of_each_change()
    {
        await using Cast cast = await StartAsync();
        var gate = new TaskCompletionSource();
        _processor.Before = gate.Task.WaitAsync;
        string held = await cast.BeginAsync(s_ann);
        await cast.StageAsync(held, CommitStage.SemanticProcess);

        using Visitor @operator = await cast.VisitAsync(cast.OperatorsKey);
        Seen page = await @operator.GetAsync($"/ui/commits/{held}");
        Assert.Contains($"data-live=\"/ui/commits/{held}/live\"", page.Text, StringComparison.Ordinal);
        Assert.Contains("under way", page.Text, StringComparison.Ordinal);
        await using Stream events = await @operator.OpenAsync($"/ui/commits/{held}/live", Ends);
        using var reader = new StreamReader(events);
        string first = await NextAsync(reader);

        foreach ((string action, OrchestrationRuntimeStatus status) in ((string, OrchestrationRuntimeStatus)[])
            [("suspend", OrchestrationRuntimeStatus.Suspended), ("resume", OrchestrationRuntimeStatus.Running)])
        {
            Assert.Equal(303, (await @operator.PostAsync($"/ui/commits/{held}/{action}")).Status);
            await cast.Host.Client.WaitForInstanceAsync(held, m => m.RuntimeStatus == status, Ends);
            string next = await NextAsync(reader);
            Assert.NotEqual(first, next);
            first = next;
            await ShowsAsync(@operator, $"/ui/commits?state={status}", held);
        }

        using Visitor ann = await cast.VisitAsync(cast.AnnsKey);
        await ann.GetAsync($"/ui/commits/{held}");
        Assert.Equal(303, (await ann.PostAsync($"/ui/commits/{held}/cancel")).Status);
        await cast.EndAsync(held);
        await ShowsAsync(@operator, "/ui/commits?state=cancelled", held);

        string terminated = await cast.BeginAsync(s_bob);
        await cast.StageAsync(terminated, CommitStage.SemanticProcess);
        await @operator.GetAsync($"/ui/commits/{terminated}");
        Assert.Equal(
            400, (await @operator.PostAsync($"/ui/commits/{terminated}/terminate", new() { ["reason"] = new string('r', 201) })).Status);
        Assert.Equal(303, (await @operator.PostAsync($"/ui/commits/{terminated}/terminate", new() { ["reason"] = "too long" })).Status);
        await cast.EndAsync(terminated);
        Seen over = await @operator.GetAsync($"/ui/commits/{terminated}");
        Assert.Contains("An operator terminated the commit.", over.Text, StringComparison.Ordinal);
        gate.SetResult();
    }

    [Fact]
    public async Task Ten_thousand_commits_are_shown_after_one_listing_and_listed_once_for_all_viewers()
    {
        await using Cast cast = await StartAsync(withEngine: false);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 10_000), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Ends }, cast.SeedAsync);
        using Visitor first = await cast.VisitAsync(cast.OperatorsKey);
        cast.Host.Requests.Clear();
        Seen page = await first.GetAsync("/ui/commits?order=oldest");
        Assert.Equal(200, page.Status);
        int listings = cast.Host.Requests.CountOf("GET", "orchestrations/");
        Assert.InRange(listings, 1, 12);

        while (!(await first.GetAsync("/ui/commits")).Text.Contains("10,000 commits, 1 to 50", StringComparison.Ordinal))
        {
            await Task.Yield();
        }

        // Of those that have not ended and those that have: nothing is read beside the listings.
        Assert.DoesNotContain(
            cast.Host.Requests.Requests, static r => r.Blob.EndsWith(".json", StringComparison.Ordinal) && r.Method == "GET");
        cast.Host.Requests.Clear();
        Visitor[] viewers = [.. await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cast.VisitAsync(cast.OperatorsKey)))];
        await Task.WhenAll(viewers.Select(static v => v.GetAsync("/ui/commits?state=failed&page=2")));
        Assert.InRange(cast.Host.Requests.CountOf("GET", "orchestrations/"), 0, 24);
        Array.ForEach(viewers, static v => v.Dispose());
    }

    [Fact]
    public async Task The_host_shows_its_limits_and_checks_storage()
    {
        await using Cast cast = await StartAsync();
        await cast.CommitAsync(s_ann);
        using Visitor @operator = await cast.VisitAsync(cast.OperatorsKey);
        Assert.Equal("/ui/commits", (await @operator.GetAsync("/ui")).Header("Location"));
        Seen page = await @operator.GetAsync("/ui/host");
        FoundationTests.AssertHeaders(page);
        string text = WebUtility.HtmlDecode(page.Text);
        foreach (string shown in (string[])
            [
                "1.2.3", "this one", "Limits:Connections", "2,000", "Limits:StrangerRequestsPerSecond",
                "None was run since this host began",
                "Storage requests",
            ])
        {
            Assert.Contains(shown, text, StringComparison.Ordinal);
        }

        Assert.Equal("/ui/host?said=checking", (await @operator.PostAsync("/ui/host/check")).Header("Location"));
        await using Stream events = await @operator.OpenAsync("/ui/host/live", Ends);
        using var reader = new StreamReader(events);
        while (!text.Contains("nothing is wrong", StringComparison.Ordinal))
        {
            await NextAsync(reader);
            text = WebUtility.HtmlDecode((await @operator.GetAsync("/ui/host")).Text);
        }

        Assert.Contains("Looked at 1 sessions, 1 archives, 1 messages", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Said, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commits_of_a_session_are_followed_to_their_end_which_no_manifest_shows()
    {
        var faults = new FaultTransport();
        await using Cast cast = await StartAsync(faults: faults);
        var held = new HoldsRequest();
        faults.When(static r => r.Method == "PUT" && r.Blob.StartsWith("orchestrations/finished/c", StringComparison.Ordinal), held);
        string commit = await cast.BeginAsync(s_ann);
        await held.Arrived;
        var watch = new CommitsWatch(cast.Host.Store, s_ann, 16);
        string before = await watch.ReadAsync(Ends);
        Assert.Equal(before, await watch.ReadAsync(Ends));
        await held.ReleaseAsync();
        await cast.EndAsync(commit);
        Assert.NotEqual(before, await watch.ReadAsync(Ends));

        using Visitor ann = await cast.VisitAsync(cast.AnnsKey);
        string path = $"/ui/sessions/{s_ann.Id}/commits";
        Assert.Contains($"data-live=\"{path}/live\"", (await ann.GetAsync(path)).Text, StringComparison.Ordinal);
        await using Stream events = await ann.OpenAsync($"{path}/live", Ends);
        using var reader = new StreamReader(events);
        await NextAsync(reader);
    }

    // The commits of all users are listed once a second at most.
    private static async Task ShowsAsync(Visitor visitor, string path, string text)
    {
        await using Stream events = await visitor.OpenAsync("/ui/commits/live", Ends);
        using var reader = new StreamReader(events);
        while (!(await visitor.GetAsync(path)).Text.Contains(text, StringComparison.Ordinal))
        {
            await NextAsync(reader);
        }
    }

    private static async Task<string> NextAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(Ends) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new EndOfStreamException();
    }

    private async Task<Cast> StartAsync(bool withEngine = true, FaultTransport? faults = null)
    {
        BlobContainerClient container = await storage.NewContainerAsync();
        var keys = new KeyStore(container, TimeProvider.System);
        SessionOptions options = new()
        {
            Semantic = new SemanticPolicy { MaxAttempts = 2, FirstRetryInterval = TimeSpan.FromMilliseconds(20), FallBack = false },
        };
        string operators = (await keys.AddAsync(null, null, Ends)).Text;
        string anns = (await keys.AddAsync(s_ann.Account, s_ann.User, Ends)).Text;
        UiHost host = await UiHost.StartAsync(storage, container.Name, withEngine, _processor, options, faults: faults);
        return new Cast(host, container, operators, anns);
    }

    private sealed record Cast(UiHost Host, BlobContainerClient Container, string OperatorsKey, string AnnsKey) : IAsyncDisposable
    {
        public async Task<string> BeginAsync(SessionKey session)
        {
            await Host.AppendAsync(session, ("user", Said));
            return (await Host.Store.Commits.CommitAsync(session, new CommitRequest(), Ends)).Task!.TaskId;
        }

        public async Task<string> CommitAsync(SessionKey session)
        {
            string id = await BeginAsync(session);
            await EndAsync(id);
            return id;
        }

        public Task EndAsync(string id) => Host.Client.WaitForInstanceCompletionAsync(id, Ends);

        public Task StageAsync(string id, CommitStage stage) => Host.Client.WaitForInstanceAsync(
            id, m => Commits.CommitRow.Of(m)!.Stage == stage, Ends);

        public async Task<Visitor> VisitAsync(string key)
        {
            Visitor visitor = Host.Visit();
            await visitor.SignInAsync(key);
            return visitor;
        }

        // Every tenth one is on its way.
        public async ValueTask SeedAsync(int number, CancellationToken cancellationToken)
        {
            bool isActive = number % 10 == 0;
            string id = $"c{number.ToString("x31", CultureInfo.InvariantCulture)}";
            DateTimeOffset created = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(number);
            string time = created.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
            await Container.GetBlobClient($"orchestrations/{(isActive ? "active" : "finished")}/{id}.json").UploadAsync(
                BinaryData.Empty,
                new BlobUploadOptions
                {
                    Metadata = new Dictionary<string, string>
                    {
                        ["name"] = CommitNames.Orchestrator,
                        ["generation"] = "1",
                        ["status"] = isActive ? "Running" : number % 3 == 0 ? "Failed" : "Completed",
                        ["created"] = time,
                        ["updated"] = time,
                        ["fairnesskey"] = "acme%2Fann",
                    },
                },
                cancellationToken);
        }

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
