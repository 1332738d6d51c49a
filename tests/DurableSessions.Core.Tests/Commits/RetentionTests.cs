using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Appending;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>Commits that keep whole turns.</summary>
public sealed class RetentionTests(SimulatedFixture storage)
{
    private static readonly string[] Said = ["q1", "a1", "q2", "a2", "q3", "a3", "a4", "a5"];

    /// <summary>Each message is one token: the third turn does not fit, and its last two steps do.</summary>
    private static readonly TurnRetention TwoSteps = new() { KeepTurns = 2, TokenBudget = 2, MinTailSteps = 1 };

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string, TurnRetention, string?> Requests() => new()
    {
        { "", new TurnRetention(), "no_messages" },
        { "q1 a1", new TurnRetention(), "all_within_keep_window" },
        { "q1 a1 q2 a2", new TurnRetention { KeepTurns = 2, TokenBudget = 4 }, "all_within_keep_window" },
        { "q1 a1 q2 a2", new TurnRetention { KeepTurns = 2, TokenBudget = 3 }, null },
        { "q1 a1 q2 a2", new TurnRetention { KeepTurns = 1 }, null },
        { "q1 a1 q2 a2", new TurnRetention { KeepTurns = 0 }, null },
        { "q1 a1 a2 a3", new TurnRetention { TokenBudget = 1, MinTailSteps = 3 }, "all_within_keep_window" },
        { "q1 a1 a2 a3", new TurnRetention { TokenBudget = 1, MinTailSteps = 2 }, null },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task The_quick_answer_is_the_one_the_commit_would_give(string log, TurnRetention turns, string? reason)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host appending = await Host.StartAsync(storage, container);
        using Host host = await Host.RunAsync(storage, container);
        await appending.Store.Sessions.CreateAsync(_key.Owner, "s1", new SessionSettings(), null, Cancelled);
        if (log.Length > 0)
        {
            await SayAsync(appending, log.Split(' '));
        }

        // With a key only the commit itself answers; without one, the host that appended and one that reads do.
        CommitProgress asked = await appending.ArchiveToTempAsync(await AcceptAsync(host, "c1", turns));
        Assert.Equal(reason, asked.Reason);
        if (reason is not null)
        {
            foreach (Host other in (Host[])[appending, host])
            {
                CommitAnswer quick = await other.Store.Commits.CommitAsync(_key, new CommitRequest { Turns = turns }, Cancelled);
                Assert.Equal(SkipReasons.Parse(reason), quick.SkipReason);
            }

            return;
        }

        await appending.CancelAsync(await AcceptAsync(host, "c1", turns));
        CommitAnswer answer = await host.Store.Commits.CommitAsync(_key, new CommitRequest { Turns = turns }, Cancelled);
        Assert.Equal(asked.Counts!.Messages, (await host.EndOfAsync(_key, answer.Task!.TaskId)).Output!.Counts!.Messages);
    }

    [Fact]
    public async Task Pending_tokens_are_those_the_next_commit_of_its_kind_archives()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(storage, container);
        await SayAsync(host, Said);
        var request = new CommitRequest { KeepRecentCount = 7, Turns = new TurnRetention { KeepTurns = 2, TokenBudget = 100 } };
        CommitAnswer answer = await host.Store.Commits.CommitAsync(_key, request, Cancelled);
        await host.EndOfAsync(_key, answer.Task!.TaskId);
        SessionInfo info = await host.Store.Sessions.GetAsync(_key, autoCreate: false, Cancelled);
        Assert.Equal((6, 0L, 7), (info.MessageCount, info.PendingTokens, info.KeepRecentCount));

        // The second turn falls out as soon as a fourth one begins.
        AppendResult appended = await SayAsync(host, "q4", "a6");
        using Host fresh = await Host.StartAsync(storage, container);
        Assert.Equal(2, appended.PendingTokens);
        Assert.Equal(2, (await fresh.AuditAsync(_key)).Info.PendingTokens);
        answer = await host.Store.Commits.CommitAsync(_key, request, Cancelled);
        Assert.Equal(2, (await host.EndOfAsync(_key, answer.Task!.TaskId)).Output!.Counts!.Tokens);

        // The last commit decides: one that keeps messages makes them count again.
        await host.CommitToEndAsync(_key, keepRecent: 1);
        await SayAsync(host, "q5", "a7");
        Assert.Equal(2, (await fresh.AuditAsync(_key)).Info.PendingTokens);
        Assert.Equal(3, (await fresh.AuditAsync(_key)).Info.MessageCount);
    }

    [Fact]
    public async Task A_cut_that_one_host_began_and_another_ends_archives_the_same()
    {
        int helped = 0;
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host first = await Host.StartAsync(storage, container);
            await SayAsync(first, Said);
            using Host dying = await Host.StartAsync(storage, container);
            CommitInput commit = await AcceptAsync(dying, "c1", TwoSteps);
            dying.Faults.StopTheWorldAt(dying.Faults.Requests + k, carriesOutTheLast: true);
            Task<CommitProgress> run = dying.ArchiveToTempAsync(commit);
            bool ended = await Task.WhenAny(run, dying.Faults.Stopped) == run;

            // The helper archives everything for itself, and knows of the other's retention from the manifest alone.
            using Host helper = await Host.StartAsync(storage, container);
            await helper.AppendAsync(_key, "q6");
            CommitInput second = await helper.AcceptAsync(_key, "c2");
            CommitProgress cleared = await helper.ClearLiveAsync(second, await helper.ArchiveToTempAsync(second));
            Audit audit = await helper.AuditAsync(_key);
            Assert.Equal([.. Said, "q6"], audit.Everything);
            if (cleared.Number == 2)
            {
                helped++;
                Assert.Equal(Said[..^2], audit.Archives[0].Texts);
                Assert.Equal([.. Said[^2..], "q6"], audit.Archives[1].Texts);
            }

            using Host fresh = await Host.StartAsync(storage, container);
            await fresh.ArchiveToTempAsync(commit);
            Assert.Equal([.. Said, "q6"], (await fresh.AuditAsync(_key)).Everything);
            if (ended)
            {
                break;
            }
        }

        Assert.InRange(helped, 3, 20);
    }

    [Fact]
    public async Task A_host_that_does_not_know_of_turns_skips_the_commit_and_moves_no_message()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host first = await Host.StartAsync(storage, blobs.Name);
        await SayAsync(first, Said);
        CommitInput commit = await AcceptAsync(first, "c1", TwoSteps);
        await first.ArchiveToTempAsync(commit);

        // What it makes of the manifest when it writes it anew: the fields that it does not know are gone.
        BlobClient manifest = blobs.GetBlobClient(BlobNames.Manifest(_key));
        JsonNode document = JsonNode.Parse((await manifest.DownloadContentAsync(Cancelled)).Value.Content)!;
        JsonObject cutting = document["cutting"]!.AsObject();
        Assert.True(cutting.Remove("turns") && cutting.Remove("asked_keep_recent"));
        await manifest.UploadAsync(BinaryData.FromString(document.ToJsonString()), overwrite: true, Cancelled);

        using Host old = await Host.StartAsync(storage, blobs.Name);
        CommitProgress skipped = await old.ArchiveToTempAsync(commit with { Turns = null });
        Assert.Equal((CommitFate.Skipped, "all_within_keep_window"), (skipped.Fate, skipped.Reason));
        Assert.Equal(Said, (await old.AuditAsync(_key)).Context);

        // And a cut of such a host is carried on as it was meant.
        Cut cut = JsonSerializer.Deserialize<Cut>("""{"commit_id":"c0","attempt":1,"keep_recent":2,"segments":1}""", StoreJson.Options)!;
        Assert.Equal(new Cut(new CommitId("c0"), 1, 2, 1), cut);
        Assert.Null(cut.Turns);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_nothing_is_archived_nothing_is_written_that_would_be_retained(bool byTurns)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        string[] said = Long("q1", "a1", "q2", "a2", "a3", "a4");
        foreach (string text in said)
        {
            await SayAsync(host, text);
        }

        CommitInput commit = await host.AcceptAsync(_key, "c1", keepRecent: 100);
        host.Log.Clear();
        CommitProgress skipped = await host.ArchiveToTempAsync(
            commit with { Turns = byTurns ? new TurnRetention { KeepTurns = 9, TokenBudget = 10_000_000 } : null });
        Assert.Equal((CommitFate.Skipped, "all_within_keep_window"), (skipped.Fate, skipped.Reason));
        Assert.DoesNotContain(host.Log.Requests, static r => r.Method == "PUT" && r.Blob.Contains("/retained-", StringComparison.Ordinal));
        Assert.Equal(said, (await host.AuditAsync(_key)).Context);
    }

    [Fact]
    public async Task What_a_host_that_does_not_know_of_turns_stages_never_comes_into_what_stays_live()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.StartAsync(storage, blobs.Name);
        string[] said = Long("q1", "a1", "q2", "a2", "a3", "a4", "a5", "a6");
        foreach (string text in said)
        {
            await SayAsync(host, text);
        }

        CommitInput commit = await AcceptAsync(host, "c1", new TurnRetention { KeepTurns = 1, TokenBudget = 10_000_000 });
        var held = new HoldsRequest();
        host.Faults.When(static r => r.Comp == "blocklist" && r.Blob.Contains("/retained-", StringComparison.Ordinal), held);
        Task<CommitProgress> staging = host.ArchiveToTempAsync(commit);
        await held.Arrived;

        // It takes it that everything stays live, and stages that by position under the name it derives.
        BlockBlobClient retained = blobs.GetBlockBlobClient(
            BlobNames.Retained(commit.ThisAttempt));
        for (int position = 0; position < 3; position++)
        {
            using var all = new MemoryStream(Encoding.UTF8.GetBytes("of another split"));
            await retained.StageBlockAsync(Convert.ToBase64String(BitConverter.GetBytes(position)), all, cancellationToken: Cancelled);
        }

        await held.ReleaseAsync();
        CommitProgress staged = await staging;
        Assert.Equal((2, 6), (staged.Counts!.Messages, staged.Counts.Retained));
        await host.ClearLiveAsync(commit, staged);
        using Host fresh = await Host.StartAsync(storage, blobs.Name);
        Assert.Equal(said, (await fresh.AuditAsync(_key)).Everything);
    }

    // A block of what is written once is 4 MiB.
    private static string[] Long(params string[] texts) => [.. texts.Select(static t => t + new string('.', 900_000))];

    private static async Task<AppendResult> SayAsync(Host host, params string[] texts) => await host.Store.Sessions.AppendAsync(
        new SessionKey("acme", "ada", "s1"),
        [.. texts.Select(static t => Words.Message(t, t[0] == 'q' ? "user" : "assistant"))],
        null,
        Cancelled);

    private async Task<CommitInput> AcceptAsync(Host host, string commitId, TurnRetention turns) =>
        await host.AcceptAsync(_key, commitId) with { Turns = turns };
}
