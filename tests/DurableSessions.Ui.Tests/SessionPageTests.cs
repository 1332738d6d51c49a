using System.Net;
using DurableSessions.Core.Identities;
using DurableSessions.Ui.Tests.Hosting;

namespace DurableSessions.Ui.Tests;

/// <summary>The pages of sessions and memories: what each shows, to whom, and what it costs.</summary>
[Collection<FurnishedCollection>]
public sealed class SessionPageTests(Furnished furnished)
{
    private const string Session = "/ui/sessions/support-2026";

    /// <summary>Each page, a text on it, and the storage requests that it makes.</summary>
    public static TheoryData<string, string, int> Pages { get; } = new()
    {
        { "/ui/sessions", "support-2026", 1 },
        { "/ui/sessions?q=support-", "2 sessions", 1 },
        { "/ui/sessions?q=nothing", "No session begins so.", 1 },
        { Session, "I read the log of the export.", 4 },
        { $"{Session}/archives", "1 messages about an export", 3 },
        { $"{Session}/archives/1", "a time zone was missing", 2 },
        { $"{Session}/archives/1/memories", "the export runs at noon", 3 },
        { $"{Session}/archives/2/memories", "This commit changed no memory.", 2 },
        { $"{Session}/commits", "completed", 3 },
        { $"{Session}/context?budget=4000", "What was said", 2 },
        { "/ui/memories", "remembered", 1 },
        { "/ui/memories?category=cases", "There is no memory here.", 1 },
        { "/ui/memories/events/remembered", "the export runs at noon", 1 },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_page_shows_its_own_user_what_is_there(string path, string text, int requests)
    {
        using Visitor ann = await VisitAsync(furnished.Key);
        await ann.GetAsync(path);
        furnished.Host.Requests.Clear();
        Seen page = await ann.GetAsync(path);
        Assert.Equal((200, true), (page.Status, page.Text.Contains(text, StringComparison.Ordinal)));

        // The engine of the same host looks for its own work meanwhile.
        int made = furnished.Host.Requests.Requests.Count(static r => !r.ToString().Contains("orchestrations/", StringComparison.Ordinal));
        Assert.Equal(requests, made);
        FoundationTests.AssertHeaders(page);

        // Another user sees nothing of it, and an operator no content.
        using Visitor bob = await VisitAsync(furnished.OthersKey);
        Seen others = await bob.GetAsync(path);
        bool isOfOne = path.Contains("support-2026", StringComparison.Ordinal) || path.EndsWith("remembered", StringComparison.Ordinal);
        Assert.Equal(isOfOne ? 404 : 200, others.Status);
        using Visitor @operator = await VisitAsync(furnished.OperatorsKey);
        Seen refused = await @operator.GetAsync(path);
        Assert.Equal(403, refused.Status);
        Assert.All([others, refused], static seen => Assert.DoesNotContain("export", seen.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Text_is_never_markup_and_hides_nothing()
    {
        using Visitor ann = await VisitAsync(furnished.Key);
        string page = (await ann.GetAsync(Session)).Text;
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', page);
        Assert.Contains("<script>alert(1)</script> ⟦U+202E⟧evil⟦U+0007⟧", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_key_reads_and_changes_nothing()
    {
        using Visitor reader = await VisitAsync(furnished.ReadOnlyKey);
        Seen page = await reader.GetAsync(Session);
        Assert.Equal(200, page.Status);
        Assert.DoesNotContain("Commit now", page.Text, StringComparison.Ordinal);
        Assert.Equal(403, (await reader.PostAsync($"{Session}/commit", new() { ["keep"] = "0" })).Status);
        Assert.Equal(403, (await reader.PostAsync($"{Session}/archives/1/memories/undo")).Status);
    }

    [Fact]
    public async Task A_commit_and_an_undo_are_forms()
    {
        SessionKey key = furnished.Session.Owner.Session("committed");
        await furnished.Host.AppendAsync(key, ("user", "remember two things"), ("user", "And another one."));
        using Visitor ann = await VisitAsync(furnished.OthersKey);
        Assert.Equal(404, (await ann.GetAsync("/ui/sessions/committed")).Status);

        using Visitor owner = await VisitAsync(furnished.Key);
        await owner.GetAsync("/ui/sessions/committed");
        Seen bad = await owner.PostAsync("/ui/sessions/committed/commit", new() { ["keep"] = "-1" });
        Assert.Equal(400, bad.Status);
        Assert.Equal(400, (await owner.PostAsync("/ui/sessions/committed/commit", new() { ["keep"] = "0" }, withToken: false)).Status);
        Seen done = await owner.PostAsync("/ui/sessions/committed/commit", new() { ["keep"] = "0" });
        Assert.Equal((303, "/ui/sessions/committed/commits?said=committed"), (done.Status, done.Header("Location")));
        await furnished.Host.Store.Tasks.WaitForAllAsync(key.Owner, TestContext.Current.CancellationToken);
        Assert.Contains("completed", (await owner.GetAsync(done.Header("Location")!)).Text, StringComparison.Ordinal);
        Seen nothing = await owner.PostAsync("/ui/sessions/committed/commit", new() { ["keep"] = "0" });
        Assert.Equal("/ui/sessions/committed/commits?said=nothing", nothing.Header("Location"));

        Assert.Contains("two things", (await owner.GetAsync("/ui/memories/events/remembered")).Text, StringComparison.Ordinal);
        Seen undone = await owner.PostAsync("/ui/sessions/committed/archives/1/memories/undo");
        Assert.Equal("/ui/sessions/committed/archives/1/memories?said=undone", undone.Header("Location"));
        Assert.DoesNotContain("two things", (await owner.GetAsync("/ui/memories/events/remembered")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_lists_are_shown_page_by_page()
    {
        SessionKey key = new("acme", "bob", "long");
        await furnished.Host.AppendAsync(key, [.. Enumerable.Range(1, 60).Select(static n => ("user", $"message number {n}."))]);
        await furnished.Host.AppendAsync(key, [.. Enumerable.Range(61, 60).Select(static n => ("user", $"message number {n}."))]);
        using Visitor bob = await VisitAsync(furnished.OthersKey);
        Seen last = await bob.GetAsync("/ui/sessions/long");
        Assert.Contains("message number 120.", last.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("message number 100.", last.Text, StringComparison.Ordinal);
        Assert.Contains("href=\"/ui/sessions/long?from=50\"", last.Text, StringComparison.Ordinal);
        Seen middle = await bob.GetAsync("/ui/sessions/long?from=50");
        Assert.Contains("message number 51.", middle.Text, StringComparison.Ordinal);
        Assert.Contains("href=\"/ui/sessions/long?from=100\"", middle.Text, StringComparison.Ordinal);
        Assert.Equal(400, (await bob.GetAsync("/ui/sessions/long?from=-1")).Status);
        Assert.Equal(400, (await bob.GetAsync("/ui/sessions?cursor=%21")).Status);
        Assert.Equal(404, (await bob.GetAsync("/ui/sessions/long/archives/7")).Status);
    }

    private async Task<Visitor> VisitAsync(string key)
    {
        Visitor visitor = furnished.Host.Visit();
        Assert.Equal(303, (await visitor.SignInAsync(key)).Status);
        return visitor;
    }
}

[CollectionDefinition]
public sealed class FurnishedCollection : ICollectionFixture<Furnished>, ICollectionFixture<Browser.Chromium>;
