using System.Globalization;
using System.Text;
using Azure.Storage.Blobs;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Context;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Purging;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Reading;

/// <summary>A context spends what it has left on archives that an overview covers.</summary>
[Collection(nameof(Simulated))]
public sealed class ArchivedContextTests
{
    // More than any of these contexts sends.
    private const int MostRequests = 16;

    private readonly SessionKey _key = new("acme", "ada", "s1");
    private readonly SessionKey _other = new("acme", "ada", "s2");

    public static TheoryData<int> Requests => [.. Enumerable.Range(1, MostRequests)];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task The_newest_archived_messages_come_right_before_the_live_ones() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await ArchiveAsync(host, 3);
        await host.AppendAsync(_key, Text("live", 100));

        SessionContext context = await ReadAsync(host, 100_000);
        Assert.Equal(["1a", "1b", "2a", "2b", "3a", "3b"], Names(context.Recalled));
        Assert.Equal(["live"], Names(context.Messages));
        Assert.Equal([3, 2, 1], context.Abstracts.Select(static a => a.Number));
        Assert.All(context.Abstracts, static a => Assert.Equal("2 messages", a.Abstract));
        Assert.Equal((100, 600, 9), (context.MessageTokens, context.RecalledTokens, context.AbstractTokens));
        Assert.Equal((3, 3), (context.TotalArchives, context.IncludedArchives));
    });

    [Fact]
    public Task All_that_is_archived_leaves_half_of_the_budget() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await ArchiveAsync(host, 3);

        // Of these 700 are left to the next turns, some 300 are the overview's, and 9 the abstracts'.
        SessionContext context = await ReadAsync(host, 1_400);
        Assert.Equal(["2b", "3a", "3b"], Names(context.Recalled));
        Assert.InRange(context.OverviewTokens + context.AbstractTokens + context.RecalledTokens, 601, 700);

        // A question may have it all.
        Assert.Equal(["1a", "1b", "2a", "2b", "3a", "3b"], Names((await ReadAsync(host, 1_400, "word")).Recalled));
    });

    [Fact]
    public Task Of_a_small_budget_a_question_gets_its_answer_before_the_overview() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await ArchiveAsync(host, 3);
        long overview = (await ReadAsync(host, 1_400)).OverviewTokens;
        long budget = (2 * overview) - 2;
        SessionContext context = await ReadAsync(host, budget, "1a");
        Assert.Equal(("", 0), (context.Overview, context.OverviewTokens));
        Assert.Contains("1a", Names(context.Recalled));
        Assert.NotEmpty((await ReadAsync(host, budget + 2, "1a")).Overview);

        // Where nothing answers it, and where nothing is asked, the overview has the room.
        Assert.Equal(overview, (await ReadAsync(host, budget, "pelican")).OverviewTokens);
        Assert.Equal(overview, (await ReadAsync(host, budget)).OverviewTokens);
    });

    [Fact]
    public Task Nothing_is_archived_where_the_newest_messages_have_no_room() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await ArchiveAsync(host, 1);
        await host.AppendAsync(_key, Text("x", 400), Text("y", 10), Text("z", 10));

        // 400 do not fit, so that what is before them is no part of the conversation that is left, although there is room for it.
        SessionContext context = await ReadAsync(host, 415);
        Assert.Equal(["y", "z"], Names(context.Messages));
        Assert.Empty(context.Recalled);
        Assert.Single(context.Abstracts);
        SessionContext empty = await ReadAsync(host, 0);
        Assert.Empty(empty.Abstracts);
        Assert.Empty(empty.Recalled);
    });

    [Fact]
    public Task A_question_finds_what_fits_it_of_this_session_alone_oldest_first() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await SwitchAsync(host, _other, "c0", Text("pelican other", 20));
        await SwitchAsync(host, _key, "c1", Text("one walrus", 20), Text("two pelican", 20), Text("three", 20));
        await SwitchAsync(host, _key, "c2", Text("four", 20), Text("five pelican pelican", 20));
        await SwitchAsync(host, _key, "c3", Text("six", 20));
        await host.AppendAsync(_key, "live pelican");

        SessionContext context = await ReadAsync(host, 1_000, "Where are the pelicans?");
        Assert.Equal(["two", "five"], Names(context.Recalled).Intersect(["one", "two", "five", "six", "pelican"]));
        Assert.Equal(["live"], Names(context.Messages));
        Assert.Equal(context.Recalled.Count * 20, context.RecalledTokens);

        // The best where there is room for one: 3 tokens are the live one's, 3 the overview's at least.
        Assert.Equal(["five"], Names((await ReadAsync(host, 40, "pelican")).Recalled));
        Assert.Empty((await ReadAsync(host, 1_000, "zebra")).Recalled);
    });

    [Fact]
    public Task A_session_of_the_same_name_finds_nothing_of_the_one_before() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        CommitInput commit = await SwitchAsync(host, _key, "c1", Text("old pelican", 20));
        Assert.Single((await ReadAsync(host, 1_000, "pelican")).Recalled);
        await host.DeleteAsync(commit);
        await SwitchAsync(host, _key, "c2", Text("new walrus", 20));
        Assert.Empty((await ReadAsync(host, 1_000, "pelican")).Recalled);
        Assert.Equal(["new"], Names((await ReadAsync(host, 1_000)).Recalled));
    });

    /// <summary>Sessions and budgets that are drawn: what holds for each context.</summary>
    [Fact]
    public Task Whatever_the_budget_the_newest_survive_once_each_and_whole() => Simulated.RunAsync(async cluster =>
    {
        var random = new Random(29);
        for (int round = 0; round < 12; round++)
        {
            using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
            var all = new List<(string Name, long Tokens)>();
            int archives = random.Next(1, 5);
            for (int number = 1; number <= archives; number++)
            {
                await AppendAsync(random.Next(1, 6));
                CommitInput commit = await host.AcceptAsync(_key, Id(number), keepRecent: random.Next(3));
                await host.CommitAsync(commit);
            }

            await AppendAsync(random.Next(0, 4));
            for (int read = 0; read < 12; read++)
            {
                long budget = random.Next(1, 3_000);
                string? query = random.Next(3) == 0 ? "word" : null;
                SessionContext context = await ReadAsync(host, budget, query);
                List<string> names = [.. Names(context.Recalled), .. Names(context.Messages)];
                long archived = context.OverviewTokens + context.AbstractTokens + context.RecalledTokens;
                Assert.InRange(context.MessageTokens + archived, 0, budget);
                Assert.Equal(names.Count, names.Distinct().Count());
                Assert.Equal(names, all.Select(static m => m.Name).Where(names.Contains));
                Assert.Equal(context.RecalledTokens, all.Where(m => Names(context.Recalled).Contains(m.Name)).Sum(static m => m.Tokens));
                Assert.InRange(context.IncludedArchives, 0, context.TotalArchives);
                if (query is null && context.Recalled.Count > 0)
                {
                    Assert.InRange(archived, 0, budget / 2);
                    Assert.Equal(all.TakeLast(names.Count).Select(static m => m.Name), names);
                    long next = all.SkipLast(names.Count).Select(static m => m.Tokens).LastOrDefault(1_000_000);
                    Assert.True(archived + next > budget / 2 || context.MessageTokens + archived + next > budget);
                }
            }

            async Task AppendAsync(int count)
            {
                (string Name, long Tokens)[] added =
                    [.. Enumerable.Range(all.Count, count).Select(i => ($"m{i}", (long)random.Next(5, 300)))];
                all.AddRange(added);
                if (count > 0)
                {
                    await host.AppendAsync(_key, [.. added.Select(static m => Text(m.Name, (int)m.Tokens))]);
                }
            }
        }
    });

    [Fact]
    public Task Archives_that_are_longer_than_is_read_at_once_are_read_from_their_end() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await SwitchAsync(host, _key, "c1", [.. Enumerable.Range(1, 40).Select(static i => Text($"m{i}", 7_000))]);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        SessionContext part = await ReadAsync(fresh, 100_000);
        Assert.Equal(Enumerable.Range(35, 6).Select(static i => $"m{i}"), Names(part.Recalled));
        Assert.Equal(2, fresh.Log.Requests.Count(static r => r.Blob.EndsWith("/messages.jsonl", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(1, 40).Select(static i => $"m{i}"), Names((await ReadAsync(fresh, 1_000_000)).Recalled));
        Assert.Equal(["m20"], Names((await ReadAsync(fresh, 10_000, "m20")).Recalled));
    });

    [Fact]
    public Task Archives_without_an_overview_come_between() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await ArchiveAsync(host, 2);
        await host.AppendAsync(_key, Text("3a", 100));
        await host.ClearAsync(_key, "c3");
        await host.AppendAsync(_key, Text("live", 100));
        foreach (string? query in (string?[])[null, "word"])
        {
            SessionContext context = await ReadAsync(host, 100_000, query);
            Assert.Equal(["1a", "1b", "2a", "2b"], Names(context.Recalled));
            Assert.Equal(["3a", "live"], Names(context.Messages));
            Assert.Equal((3, 3), (context.TotalArchives, context.IncludedArchives));
        }
    });

    [Fact]
    public Task Archives_count_whose_messages_or_overview_are_there() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await ArchiveAsync(host, 2);
        long overview = (await ReadAsync(host, 100_000)).OverviewTokens;
        await host.AppendAsync(_key, Text("3a", 100));
        await host.ClearAsync(_key, "c3");
        await host.AppendAsync(_key, Text("live", 100));

        // Neither overview has room; then that of two archives; then the provisional one, of all.
        SessionContext context = await ReadAsync(host, 201);
        Assert.Equal((0, 1, 3), (context.OverviewTokens, context.IncludedArchives, context.TotalArchives));
        context = await ReadAsync(host, 200 + overview);
        Assert.Equal((overview, false, 3), (context.OverviewTokens, context.IsOverviewProvisional, context.IncludedArchives));
        await host.AppendAsync(_key, Text("live", 1_100));
        context = await ReadAsync(host, 1_100 + (2 * overview));
        Assert.Equal(["live"], Names(context.Messages));
        Assert.Equal((true, 3), (context.IsOverviewProvisional, context.IncludedArchives));
    });

    /// <summary>A client repeats a request after its key is forgotten: what is stored again has the same id.</summary>
    [Fact]
    public Task What_is_live_again_under_the_id_of_an_archived_message_is_there_once() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        await host.AppendAsync(_key, "before word");
        await host.AppendAsync(_key, Words.Key("k"), "again word");
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        await SwitchAsync(host, _key, "c2", "after word");
        cluster.MaxTime = TimeSpan.FromDays(30);
        await Task.Delay(TimeSpan.FromDays(3), cluster.Time, Cancelled);
        using Host fresh = await Host.StartAsync(cluster, container);
        await fresh.AppendAsync(_key, Words.Key("k"), "again word");
        foreach (string? query in (string?[])[null, "word"])
        {
            SessionContext context = await ReadAsync(fresh, 1_000, query);
            Assert.Equal(["before", "after"], Names(context.Recalled));
            Assert.Equal(["again"], Names(context.Messages));
        }
    });

    [Fact]
    public Task No_budget_reads_more_than_8_MiB_of_archived_messages() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await SwitchAsync(host, _key, "c1", [.. Enumerable.Range(1, 20).Select(static i => Text($"m{i}", 100_000))]);
        await SwitchAsync(host, _key, "c2", [.. Enumerable.Range(21, 20).Select(static i => Text($"m{i}", 100_000))]);
        long held = 0;
        SessionContext context = await host.Store.Sessions.ReadContextAsync(
            _key, 10_000_000, query: null, includeMemories: false, Hold, read: null, Cancelled);
        Assert.InRange(held, context.Recalled.Sum(static m => m.Length), ContextWindow.MaxBytes);
        Assert.Equal(Enumerable.Range(21, 20).Select(static i => $"m{i}"), Names(context.Recalled)[^20..]);
        Assert.InRange(context.Recalled.Sum(static m => m.Length), 7_500_000, 8 * 1024 * 1024);

        // Each is longer than what is looked at for a question.
        Assert.Empty((await ReadAsync(host, 10_000_000, "word")).Recalled);

        ValueTask Hold(long bytes, CancellationToken cancellationToken)
        {
            held = Math.Max(held, bytes);
            return ValueTask.CompletedTask;
        }
    });

    /// <summary>Each length of the last line and of the one before it, around the boundary between two blocks.</summary>
    [Fact]
    public Task A_line_may_end_anywhere_in_a_block() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await SwitchAsync(host, _key, "c0", "first", Text("last", 10));
        long overhead = (await host.Store.Archives.GetAsync(_key, 1, Cancelled)).Info.Counts.Bytes - "first".Length - 40;
        for (int i = -3; i <= 3; i++)
        {
            var key = new SessionKey("acme", "ada", $"length{i + 3}");
            string last = Text("last", ArchiveBlocks.BlockBytes / 4) + new string('y', 8 + i);
            await SwitchAsync(host, key, "c1", "first", Text("middle", 10), last);
            await SwitchAsync(host, key, "c2", "first", new string('z', (int)(ArchiveBlocks.BlockBytes - overhead) + i));
            SessionContext context = await host.Store.Sessions.ReadContextAsync(key, 1_000_000, Cancelled);
            Assert.Equal(5, context.Recalled.Count);
            Assert.Equal(["first", "middle", "last", "first"], Names(context.Recalled).Take(4));
        }
    });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task A_session_that_is_deleted_meanwhile_is_read_or_is_not_there(int request) => Simulated.RunAsync(async cluster =>
    {
        foreach (string? query in (string?[])[null, "word"])
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            using Host other = await Host.StartAsync(cluster, container.Name);
            CommitInput commit = await ArchiveAsync(other, 3);
            using Host host = await Host.StartAsync(cluster, container.Name);
            await host.WhileHeldAsync(
                request,
                async () =>
                {
                    try
                    {
                        CheckOrder(await ReadAsync(host, 100_000, query), query, "1a", "1b", "2a", "2b", "3a", "3b");
                    }
                    catch (SessionNotFoundException)
                    {
                    }
                },
                async () =>
                {
                    await other.DeleteAsync(commit);
                    await other.DeleteBlobsAsync(commit);
                });
        }
    });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task An_archive_that_expires_meanwhile_is_left_out(int request) => Simulated.RunAsync(async cluster =>
    {
        foreach (string? query in (string?[])[null, "word"])
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            using Host other = await Host.StartAsync(cluster, container.Name);
            await ArchiveAsync(other, 4);
            using Host host = await Host.StartAsync(cluster, container.Name);
            SessionContext? context = null;
            await host.WhileHeldAsync(
                request, async () => context = await ReadAsync(host, 100_000, query), () => ExpireAsync(other, cluster));
            CheckOrder(context!, query, "1a", "1b", "2a", "2b", "3a", "3b", "4a", "4b");
            Assert.InRange(context!.Recalled.Count, 4, 8);
            if (host.Faults.Requests < request)
            {
                continue;
            }

            // From then on, also by what this host remembers.
            context = await ReadAsync(host, 100_000, query);
            Assert.Equal(["3a", "3b", "4a", "4b"], Names(context.Recalled));
            Assert.Equal([4, 3], context.Abstracts.Select(static a => a.Number));
        }
    });

    /// <summary>The manifest says first that archives have expired; their blobs, and those of the index, are deleted later.</summary>
    [Fact]
    public Task An_expired_archive_that_is_not_deleted_yet_is_left_out() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await ArchiveAsync(host, 4);
        using Host other = await Host.StartAsync(cluster, container.Name);
        ExpireArchivesInput old = await AllButTheTwoNewestAsync(other, cluster);
        var delete = new HoldsRequest();
        other.Faults.When(static r => r.Is("DELETE", ""), delete);
        Task expiring = other.DeleteArchivesAsync(old);
        await delete.Arrived;
        foreach (string? query in (string?[])[null, "word"])
        {
            Assert.Equal(["3a", "3b", "4a", "4b"], Names((await ReadAsync(host, 100_000, query)).Recalled));
        }

        await delete.ReleaseAsync();
        await expiring;
    });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task While_a_commit_is_switched_a_message_is_there_once(int request) => Simulated.RunAsync(async cluster =>
    {
        foreach (string? query in (string?[])[null, "word"])
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            using Host other = await Host.StartAsync(cluster, container.Name);
            await ArchiveAsync(other, 2);
            await other.AppendAsync(_key, Text("3a", 100), Text("3b", 100));
            using Host host = await Host.StartAsync(cluster, container.Name);
            SessionContext? context = null;
            await host.WhileHeldAsync(
                request,
                async () => context = await ReadAsync(host, 100_000, query),
                async () =>
                {
                    await other.AppendAsync(_key, Text("3c", 100));
                    await other.CommitAsync(await other.AcceptAsync(_key, Id(3)));
                });

            // What was appended meanwhile may be there, behind what was before it.
            List<string> names = [.. Names(context!.Recalled), .. Names(context.Messages)];
            Assert.InRange(names.Count, 6, 7);
            Assert.Equal(((string[])["1a", "1b", "2a", "2b", "3a", "3b", "3c"])[..names.Count], names);
        }
    });

    [Fact]
    public Task An_archive_that_is_damaged_or_lost_is_left_out() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await ArchiveAsync(host, 1);
        CommitInput damaged = await SwitchAsync(host, _key, "c7", Text("2a", 100), Text("2b", 100), Text("2c", 100));
        await SwitchAsync(host, _key, "c8", Text("3a", 100));
        BlobClient blob = container.GetBlobClient(ArchiveStore.MessagesName(damaged.ThisAttempt));
        string text = Encoding.UTF8.GetString((await blob.DownloadContentAsync(Cancelled)).Value.Content);
        await blob.UploadAsync(
            new BinaryData(Encoding.UTF8.GetBytes(text.Replace("\"text\":\"2b", "\"text\":!2b", StringComparison.Ordinal))),
            overwrite: true,
            Cancelled);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        Assert.Equal(["2c", "3a"], Names((await ReadAsync(fresh, 100_000)).Recalled));
        Assert.Equal(["1a", "1b", "2a", "2c", "3a"], Names((await ReadAsync(fresh, 100_000, "word")).Recalled));
        await blob.UploadAsync(new BinaryData(Encoding.UTF8.GetBytes(text[..^3])), overwrite: true, Cancelled);
        using Host another = await Host.StartAsync(cluster, container.Name);
        Assert.Equal(["3a"], Names((await ReadAsync(another, 100_000)).Recalled));
        await blob.DeleteAsync(cancellationToken: Cancelled);
        using Host last = await Host.StartAsync(cluster, container.Name);
        Assert.Equal(["3a"], Names((await ReadAsync(last, 100_000)).Recalled));
        Assert.Equal(["1a", "1b", "3a"], Names((await ReadAsync(last, 100_000, "word")).Recalled));
    });

    [Fact]
    public Task What_it_costs_is_counted_before_and_paid_once() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await ArchiveAsync(host, 40);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        foreach (string? query in (string?[])[null, "word"])
        {
            fresh.Log.Clear();
            long counted = 0;
            long held = 0;
            SessionContext context = await fresh.Store.Sessions.ReadContextAsync(
                _key, 100_000, query, includeMemories: false, Hold, Read, Cancelled);
            Assert.InRange(counted / (1024 * 1024), fresh.Log.Count - (query is null ? 6 : 46), 64);
            Assert.InRange(held, context.Recalled.Sum(static m => m.Length), ContextWindow.MaxBytes);
            Assert.Equal(CoveredArchives.Max, context.Abstracts.Count);
            fresh.Log.Clear();
            await ReadAsync(fresh, 100_000, query);

            // The manifest, before and after what is live. A search lists, too.
            Assert.True(fresh.Log.Count <= (query is null ? 3 : 4), fresh.Log.ToString());

            ValueTask Hold(long bytes, CancellationToken cancellationToken)
            {
                held = Math.Max(held, bytes);
                return ValueTask.CompletedTask;
            }

            ValueTask Read(long bytes, CancellationToken cancellationToken)
            {
                counted += bytes;
                return ValueTask.CompletedTask;
            }
        }
    });

    [Fact]
    public Task A_session_without_archives_costs_what_it_did() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, "live");
        host.Log.Clear();
        await ReadAsync(host, 100_000, "word");
        Assert.InRange(host.Log.Count, 1, 2);
        Assert.DoesNotContain(host.Log.Requests, static r => r.Comp == "list");
    });

    // "{name} word word xxx…", of so many tokens.
    private static string Text(string name, int tokens) => $"{name} word ".PadRight(tokens * 4, 'x')[..(tokens * 4)];

    private static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"c{number}");

    private static List<string> Names(IEnumerable<ReadOnlyMemory<byte>> lines) =>
        [.. lines.Select(static line => Words.Text(SessionMessage.Parse(line)).Split(' ')[0])];

    // In order, and where nothing was asked without gaps.
    private static void CheckOrder(SessionContext context, string? query, params string[] all)
    {
        List<string> names = [.. Names(context.Recalled), .. Names(context.Messages)];
        Assert.Equal(query is null ? all.TakeLast(names.Count) : all.Where(names.Contains), names);
    }

    private Task<SessionContext> ReadAsync(Host host, long budget, string? query = null) => host.Store.Sessions.ReadContextAsync(
        _key, budget, query, includeMemories: false, hold: null, read: null, Cancelled);

    /// <summary>Archives of two messages of 100 tokens each.</summary>
    private async Task<CommitInput> ArchiveAsync(Host host, int count)
    {
        CommitInput? last = null;
        for (int number = 1; number <= count; number++)
        {
            last = await SwitchAsync(host, _key, Id(number), Text($"{number}a", 100), Text($"{number}b", 100));
        }

        return last!;
    }

    private static async Task<CommitInput> SwitchAsync(Host host, SessionKey key, string id, params string[] texts)
    {
        await host.AppendAsync(key, texts);
        CommitInput commit = await host.AcceptAsync(key, id);
        await host.CommitAsync(commit);
        return commit;
    }

    private async Task ExpireAsync(Host host, SimulatedCluster cluster) =>
        await host.DeleteArchivesAsync(await AllButTheTwoNewestAsync(host, cluster));

    private async Task<ExpireArchivesInput> AllButTheTwoNewestAsync(Host host, SimulatedCluster cluster) =>
        new(_key, await host.Store.Sessions.IncarnationAsync(_key, Cancelled), cluster.Time.GetUtcNow() + TimeSpan.FromHours(1));
}
