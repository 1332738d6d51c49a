using System.Text.RegularExpressions;
using DurableSessions.Core.Identities;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Files;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests.Recall;

/// <summary>What a pattern is looked for in is bounded, and charged for.</summary>
public sealed class GrepBoundTests(SimulatedFixture storage) : IClassFixture<SimulatedFixture>
{
    private static readonly Caller s_ada = new("acme", "ada");
    private static readonly SessionKey s_old = s_ada.Owner.Session("old");
    private static readonly SessionKey s_new = s_ada.Owner.Session("new");

    private readonly List<long> _held = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_sessions_are_read_up_to_each_bound_and_what_is_left_out_is_said()
    {
        using Host host = await TwoSessionsAsync();
        const string All = "new live, new 2, new 1, old 2, old 1";
        Assert.Equal((All, false), await FindAsync(Grep(host)));
        Assert.Equal((First(All, 1), true), await FindAsync(Grep(host, limit: 1)));
        Assert.Equal((First(All, 2), true), await FindAsync(Grep(host, archives: 1)));
        Assert.Equal((First(All, 4), true), await FindAsync(Grep(host, archives: 3)));
        Assert.Equal((All, false), await FindAsync(Grep(host, archives: 4, sessions: 2)));
        Assert.Equal((First(All, 3), true), await FindAsync(Grep(host, sessions: 1)));
        Assert.Equal((First(All, 1), true), await FindAsync(Grep(host, bytes: 1)));
        Assert.Equal(("", true), await FindAsync(Grep(host, longest: TimeSpan.FromSeconds(-1))));
    }

    [Fact]
    public async Task Of_one_session_the_newest_archives_are_read_in_order_and_then_its_live_messages()
    {
        using Host host = await TwoSessionsAsync();
        Assert.Equal(("new 1, new 2, new live", false), await FindAsync(Grep(host), "sessions/new"));
        Assert.Equal(("new 1, new 2", false), await FindAsync(Grep(host), "sessions/new/history"));
        Assert.Equal(("new 2, new live", true), await FindAsync(Grep(host, archives: 1), "sessions/new"));
        Assert.Equal(("old 1, old 2", false), await FindAsync(Grep(host, archives: 2), "sessions/old"));
    }

    [Fact]
    public async Task What_is_held_is_asked_for_before_it_is_read()
    {
        using Host host = await Host.StartAsync(storage, (await storage.NewContainerAsync()).Name);
        string text = new('x', 3 * RequestCost.TokenBytes);
        await host.AppendAsync(s_old, text);
        await FindAsync(Grep(host));
        Assert.True(_held.Max() > text.Length);
        await host.ClearAsync(s_old, "c1");
        foreach (string place in (string[])["sessions", "sessions/old", "sessions/old/history", "sessions/old/history/archive_001"])
        {
            _held.Clear();
            await FindAsync(Grep(host), place);
            Assert.True(_held.Max() > text.Length, place);
        }

        // A host that has no memory free reads nothing.
        var grep = new Grep(
            host.Store, s_ada, null, [new Regex("x")], Location.Body, 10, TimeProvider.System, null,
            static (_, _) => throw new InvalidOperationException("none is free"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => FindAsync(grep, "sessions/old/history/archive_001"));
    }

    [Fact]
    public async Task Each_archive_session_and_mebibyte_is_charged()
    {
        using Host host = await Host.StartAsync(storage, (await storage.NewContainerAsync()).Name);
        string text = new('x', 3 * RequestCost.TokenBytes);
        await host.AppendAsync(s_old, text);
        int live = await CostAsync(host, "sessions");
        Assert.Equal(1 + 2 + 3, live);
        await host.ClearAsync(s_old, "c1");
        Assert.Equal(1 + 2 + 2 + 3, await CostAsync(host, "sessions"));
        Assert.Equal(2 + 3, await CostAsync(host, "sessions/old/history"));
        await host.AppendAsync(s_new, "x");
        Assert.Equal(1 + 2 + 2 + 3 + 2, await CostAsync(host, "sessions"));
    }

    [Fact]
    public async Task A_message_that_a_commit_archives_while_it_is_looked_for_is_found_once()
    {
        foreach (string place in (string[])["sessions", "sessions/old"])
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host host = await Host.StartAsync(storage, container);
            using Host other = await Host.RunAsync(storage, container);
            await other.AppendAsync(s_old, "old one", "old two");
            int asked = 0;
            var grep = new Grep(
                host.Store, s_ada, null, [new Regex("old")], Location.Body, 10, TimeProvider.System, null,
                async (_, _) =>
                {
                    // The manifest is read, and its messages are not.
                    if (asked++ == 0)
                    {
                        await other.CommitToEndAsync(s_old);
                    }
                });
            IReadOnlyList<GrepMatch> found = (await grep.FindAsync(PathOf(place), Cancelled))!;
            Assert.Equal(["old one", "old two"], found.Select(static m => m.Content));
            Assert.All(found, static m => Assert.EndsWith("/archive_001/messages.jsonl", m.Uri, StringComparison.Ordinal));
            Assert.False(grep.IsTruncated);
        }
    }

    private async Task<Host> TwoSessionsAsync()
    {
        Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        await CommitAsync(host, s_old, "old 1");
        await CommitAsync(host, s_old, "old 2");
        await CommitAsync(host, s_new, "new 1");
        await CommitAsync(host, s_new, "new 2");
        await host.AppendAsync(s_new, "new live");
        return host;
    }

    private static async Task CommitAsync(Host host, SessionKey session, string text)
    {
        await host.AppendAsync(session, text);
        await host.CommitToEndAsync(session);
    }

    private async Task<int> CostAsync(Host host, string place)
    {
        const int Most = 1_000;
        var bucket = new RequestBucket("ada", 1, Most, IsOfKey: true);
        using var buckets = new RequestBuckets();
        var cost = new RequestCost(buckets, bucket);
        var grep = new Grep(
            host.Store, s_ada, null, [new Regex("y")], Location.Body, 10, TimeProvider.System, cost,
            static (_, _) => ValueTask.CompletedTask);
        await grep.FindAsync(PathOf(place), Cancelled);
        return cost.Taken;
    }

    private static UserPath PathOf(string place) => UserPath.Of(
        new VikingUri($"viking://user/ada/{place}", ["user", "ada", .. place.Split('/')], s_ada), actor: null)!;

    private static async Task<(string Found, bool IsTruncated)> FindAsync(Grep grep, string place = "sessions") =>
        (string.Join(", ", (await grep.FindAsync(PathOf(place), Cancelled))!.Select(static m => m.Content)), grep.IsTruncated);

    private static string First(string found, int count) => string.Join(", ", found.Split(", ").Take(count));

    private Grep Grep(
        Host host, int limit = 100, int archives = 100, int sessions = 100, long bytes = 1_000_000, TimeSpan? longest = null) => new(
        host.Store, s_ada, null, [new Regex("old|new|x")], Location.Body, limit, TimeProvider.System, null,
        (held, _) =>
        {
            _held.Add(held);
            return ValueTask.CompletedTask;
        })
        {
            MaxArchives = archives,
            MaxSessions = sessions,
            MaxBytes = bytes,
            Longest = longest ?? TimeSpan.FromMinutes(1),
        };
}
