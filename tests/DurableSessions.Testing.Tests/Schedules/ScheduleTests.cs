using System.Globalization;
using System.Text.RegularExpressions;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;

namespace DurableSessions.Testing.Tests.Schedules;

/// <summary>What a schedule decides, and what can be found by it.</summary>
[Collection(nameof(Simulated))]
public sealed partial class ScheduleTests
{
    private const int FewSeeds = 12;
    private const int ManySeeds = 60;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(Schedule.Uniform))]
    [InlineData(nameof(Schedule.Priorities))]
    public async Task The_same_seed_gives_the_same_run_and_another_seed_another(string kind)
    {
        var runs = new List<string>();
        for (int seed = 1; seed <= 4; seed++)
        {
            string run = Normalized(await SimulatedCluster.RunAsync(Drawn(kind, seed), TwoHostsAsync));
            Assert.Equal(run, Normalized(await SimulatedCluster.RunAsync(Drawn(kind, seed), TwoHostsAsync)));
            runs.Add(run);
        }

        Assert.Distinct(runs);
    }

    [Theory]
    [InlineData(nameof(Schedule.Uniform))]
    [InlineData(nameof(Schedule.Priorities))]
    public async Task The_decisions_of_a_run_give_the_same_run(string kind)
    {
        ScheduledRun run = await SimulatedCluster.RunAsync(Drawn(kind, 5), TwoHostsAsync);

        ScheduledRun replayed = await SimulatedCluster.RunAsync(Schedule.Replay(run.Chosen), TwoHostsAsync);

        Assert.NotEmpty(run.Chosen);
        Assert.Equal(run.Chosen, replayed.Chosen);
        Assert.Equal(Normalized(run), Normalized(replayed));
        Assert.Equal(run.Requests, replayed.Requests);
        Assert.NotEqual(Normalized(run), Normalized(await SimulatedCluster.RunAsync(Schedule.InOrder, TwoHostsAsync)));
    }

    [Fact]
    public async Task A_decision_that_is_not_possible_is_taken_as_in_order()
    {
        var impossible = new Dictionary<int, Move>
        {
            [0] = new(MoveKind.Request, 1),
            [3] = new(MoveKind.Request, 99, HoldsAnswer: true),
            [5] = new(MoveKind.LateRequest),
            [1_000_000] = new(MoveKind.Clock),
        };

        ScheduledRun run = await SimulatedCluster.RunAsync(Schedule.Replay(impossible), TwoHostsAsync);

        Assert.Empty(run.Chosen);
        Assert.Equal(Normalized(await SimulatedCluster.RunAsync(Schedule.InOrder, TwoHostsAsync)), Normalized(run));
    }

    [Fact]
    public async Task In_order_requests_are_carried_out_as_they_were_sent()
    {
        ScheduledRun run = await SimulatedCluster.RunAsync(Schedule.InOrder, TwoHostsAsync);

        Assert.True(run.Requests > 20, $"{run.Requests} requests are few.");
        Assert.Equal(Enumerable.Range(1, run.Requests), Numbers(run));
        Assert.Empty(run.Chosen);
    }

    [Fact]
    public async Task A_drawn_order_is_not_that_in_which_requests_were_sent()
    {
        ScheduledRun run = await SimulatedCluster.RunAsync(Schedule.Uniform(1), TwoHostsAsync);

        Assert.NotEqual(Numbers(run).Order(), Numbers(run));
        Assert.Contains(", whose answer waits", run.ToString(), StringComparison.Ordinal);
        Assert.Contains(" answer of host ", run.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_held_answer_reaches_its_client_after_the_request_of_another_was_carried_out()
    {
        List<string> happened = [];
        async Task TestAsync(SimulatedCluster cluster)
        {
            happened.Clear();
            BlobContainerClient first = await cluster.NewContainerAsync();
            BlobContainerClient second = (await cluster.ConnectAsync(first.Name)).Container;
            await Task.WhenAll(
                WriteAsync(),
                ReadAsync());

            async Task WriteAsync()
            {
                await first.GetBlobClient("a").UploadAsync(BinaryData.FromString("written"), Cancelled);
                happened.Add("answered");
            }

            async Task ReadAsync()
            {
                string text = (await second.GetBlobClient("a").DownloadContentAsync(Cancelled)).Value.Content.ToString();
                happened.Add(text);
            }
        }

        await SimulatedCluster.RunAsync(Schedule.InOrder, TestAsync);
        Assert.Equal(["answered", "written"], happened);

        ScheduledRun run = await SimulatedCluster.RunAsync(
            Schedule.Replay(new Dictionary<int, Move> { [1] = new(MoveKind.Request, HoldsAnswer: true) }), TestAsync);
        Assert.Equal(["written", "answered"], happened);
        Assert.Equal([1, 2, 3, 2], Numbers(run));
    }

    [Fact]
    public async Task Uniform_finds_an_update_that_is_lost_without_a_condition()
    {
        async Task<string?> LostBy(Schedule schedule, bool conditional)
        {
            string? count = null;
            await SimulatedCluster.RunAsync(schedule, async cluster => count = await CountOfTwoAsync(cluster, conditional));
            return count == "2" ? null : $"{schedule}: {count}";
        }

        Assert.Null(await LostBy(Schedule.InOrder, conditional: false));
        List<string?> lost = [];
        for (int seed = 1; seed <= FewSeeds; seed++)
        {
            lost.Add(await LostBy(Schedule.Uniform(seed), conditional: false));
        }

        Assert.Contains(lost, static l => l is not null);
        Assert.Contains(lost, static l => l is null);
        for (int seed = 1; seed <= ManySeeds; seed++)
        {
            Assert.Null(await LostBy(Schedule.Uniform(seed), conditional: true));
            Assert.Null(await LostBy(Schedule.Priorities(seed), conditional: true));
        }
    }

    [Fact]
    public async Task Priorities_find_what_needs_a_long_pause_at_the_right_moment()
    {
        async Task<bool> FindsAsync(Schedule schedule)
        {
            bool found = false;
            await SimulatedCluster.RunAsync(schedule, async cluster => found = await SeesTheEndWithoutTheBeginningAsync(cluster));
            return found;
        }

        int byPriorities = 0;
        int byUniform = 0;
        for (int seed = 1; seed <= ManySeeds; seed++)
        {
            byPriorities += await FindsAsync(Schedule.Priorities(seed)) ? 1 : 0;
            byUniform += await FindsAsync(Schedule.Uniform(seed)) ? 1 : 0;
        }

        Assert.False(await FindsAsync(Schedule.InOrder));
        Assert.InRange(byPriorities, 2, ManySeeds / 2);
        Assert.Equal(0, byUniform);
    }

    [Fact]
    public async Task A_client_that_asks_again_and_again_holds_up_no_other()
    {
        const int Writes = 10;
        for (int seed = 1; seed <= ManySeeds; seed++)
        {
            ScheduledRun run = await SimulatedCluster.RunAsync(Schedule.Priorities(seed), static async cluster =>
            {
                BlobContainerClient first = await cluster.NewContainerAsync();
                BlobContainerClient second = (await cluster.ConnectAsync(first.Name)).Container;
                await Task.WhenAll(PollAsync(), WriteAsync());

                // Of two blobs in turn, each of which may go first.
                async Task PollAsync()
                {
                    while (!await first.GetBlobClient("over").ExistsAsync(Cancelled))
                    {
                        await first.GetBlobClient("written").ExistsAsync(Cancelled);
                    }
                }

                async Task WriteAsync()
                {
                    for (int n = 1; n <= Writes; n++)
                    {
                        await second.GetBlobClient("written").UploadAsync(BinaryData.FromString($"{n}"), overwrite: true, Cancelled);
                    }

                    await second.GetBlobClient("over").UploadAsync(BinaryData.FromString(""), Cancelled);
                }
            });

            // Three lanes at most go before the writer's two, each for 64 decisions.
            Assert.InRange(run.Decisions, Writes, 400);
        }
    }

    [Fact]
    public async Task A_client_that_gives_up_leaves_a_request_that_may_arrive_later_or_never()
    {
        string? text = null;
        async Task TestAsync(SimulatedCluster cluster)
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            BlobClient blob = container.GetBlobClient("a");
            using (var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1), cluster.Time))
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(
                    () => blob.UploadAsync(BinaryData.FromString("given up"), overwrite: true, timeout.Token));
            }

            await blob.UploadAsync(BinaryData.FromString("after it"), overwrite: true, Cancelled);
            text = (await blob.DownloadContentAsync(Cancelled)).Value.Content.ToString();
        }

        var givesUp = new Dictionary<int, Move> { [1] = new(MoveKind.Clock) };
        ScheduledRun never = await SimulatedCluster.RunAsync(Schedule.Replay(givesUp), TestAsync);
        Assert.Equal("after it", text);
        Assert.Equal([1, 3, 4], Numbers(never));

        ScheduledRun late = await SimulatedCluster.RunAsync(
            Schedule.Replay(new Dictionary<int, Move>(givesUp) { [3] = new(MoveKind.LateRequest) }), TestAsync);
        Assert.Equal("given up", text);
        Assert.Equal([1, 3, 2, 4], Numbers(late));
        Assert.Contains("late host 1 #2 PUT a -> 201", late.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(Schedule.Uniform))]
    [InlineData(nameof(Schedule.Priorities))]
    public async Task A_drawn_order_lets_late_requests_arrive(string kind)
    {
        List<bool> arrived = [];
        for (int seed = 1; seed <= FewSeeds; seed++)
        {
            await SimulatedCluster.RunAsync(Drawn(kind, seed), async cluster =>
            {
                BlobContainerClient container = await cluster.NewContainerAsync();
                using var now = new CancellationTokenSource();
                Task<Response<BlobContentInfo>> given = container.GetBlobClient("a").UploadAsync(
                    BinaryData.FromString(""), overwrite: true, now.Token);
                await now.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
                bool isThere = false;
                for (int n = 0; n < 6; n++)
                {
                    isThere = await container.GetBlobClient("a").ExistsAsync(Cancelled);
                }

                arrived.Add(isThere);
            });
        }

        Assert.Contains(true, arrived);
        Assert.Contains(false, arrived);
    }

    private static Schedule Drawn(string kind, int seed) =>
        kind == nameof(Schedule.Uniform) ? Schedule.Uniform(seed) : Schedule.Priorities(seed);

    // Two hosts append to the same session, and one of them commits it.
    private static async Task TwoHostsAsync(SimulatedCluster cluster)
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var key = new SessionKey("acme", "ada", "s");
        using Host first = await Host.RunAsync(cluster, container);
        using Host second = await Host.RunAsync(cluster, container);
        await Task.WhenAll(first.AppendAsync(key, "a", "b"), second.AppendAsync(key, "c"));
        await Task.WhenAll(first.CommitToEndAsync(key), second.AppendAsync(key, "d"));
        Audit audit = await second.AuditAsync(key);
        Assert.Equal(["a", "b", "c", "d"], audit.Everything.Order(StringComparer.Ordinal));
    }

    // Two clients count one up each, the second one a little later.
    private static async Task<string> CountOfTwoAsync(SimulatedCluster cluster, bool conditional)
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        await container.GetBlobClient("count").UploadAsync(BinaryData.FromString("0"), Cancelled);
        await Task.WhenAll(CountAsync(0), CountAsync(2));
        return (await container.GetBlobClient("count").DownloadContentAsync(Cancelled)).Value.Content.ToString();

        async Task CountAsync(int requestsBefore)
        {
            BlobContainerClient client = (await cluster.ConnectAsync(container.Name)).Container;
            for (int n = 0; n < requestsBefore; n++)
            {
                await client.ExistsAsync(Cancelled);
            }

            BlobClient blob = client.GetBlobClient("count");
            for (bool isDone = false; !isDone;)
            {
                BlobDownloadResult read = await blob.DownloadContentAsync(Cancelled);
                int next = int.Parse(read.Content.ToString(), CultureInfo.InvariantCulture) + 1;
                try
                {
                    BlobRequestConditions? conditions = conditional ? new() { IfMatch = read.Details.ETag } : null;
                    var options = new BlobUploadOptions { Conditions = conditions };
                    await blob.UploadAsync(BinaryData.FromString(next.ToString(CultureInfo.InvariantCulture)), options, Cancelled);
                    isDone = true;
                }
                catch (RequestFailedException e) when (e.Status == 412)
                {
                }
            }
        }
    }

    // One writes its beginning, much else and its end. One that looks for the beginning and then for the end must be held up between
    // two requests for all of the other's to find the end alone. A third one is busy with something else.
    private static async Task<bool> SeesTheEndWithoutTheBeginningAsync(SimulatedCluster cluster)
    {
        const int Rounds = 30;
        const int Between = 20;
        const int Else = 5;
        BlobContainerClient container = await cluster.NewContainerAsync();
        bool found = false;
        await Task.WhenAll(WriteAsync(), LookAsync(), BeBusyAsync());
        return found;

        async Task WriteAsync()
        {
            BlobContainerClient client = (await cluster.ConnectAsync(container.Name)).Container;
            await client.GetBlobClient("beginning").UploadAsync(BinaryData.FromString(""), Cancelled);
            for (int n = 0; n < Between; n++)
            {
                await client.GetBlobClient("much").UploadAsync(BinaryData.FromString(""), overwrite: true, Cancelled);
            }

            await client.GetBlobClient("end").UploadAsync(BinaryData.FromString(""), Cancelled);
        }

        async Task LookAsync()
        {
            BlobContainerClient client = (await cluster.ConnectAsync(container.Name)).Container;
            for (int n = 0; n < Rounds; n++)
            {
                bool hasBegun = await client.GetBlobClient("beginning").ExistsAsync(Cancelled);
                bool hasEnded = await client.GetBlobClient("end").ExistsAsync(Cancelled);
                found |= !hasBegun && hasEnded;
            }
        }

        async Task BeBusyAsync()
        {
            BlobContainerClient client = (await cluster.ConnectAsync(container.Name)).Container;
            for (int n = 0; n < Else; n++)
            {
                await client.ExistsAsync(Cancelled);
            }
        }
    }

    private static IEnumerable<int> Numbers(ScheduledRun run) => RequestNumber().Matches(run.ToString())
        .Select(static m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));

    // Ids are drawn anew in each run: each is named by the order in which it comes.
    private static string Normalized(ScheduledRun run)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        return Id().Replace(run.ToString(), m =>
        {
            names.TryAdd(m.Value, string.Create(CultureInfo.InvariantCulture, $"id{names.Count}"));
            return names[m.Value];
        });
    }

    [GeneratedRegex(@"#(\d+) ")]
    private static partial Regex RequestNumber();

    [GeneratedRegex("(?=[a-zA-Z]*[0-9])[0-9a-zA-Z]{9,}")]
    private static partial Regex Id();
}
