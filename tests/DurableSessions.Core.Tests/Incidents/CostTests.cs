using System.Diagnostics;
using System.Globalization;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Incidents;

/// <summary>Waiting, size and number, which elsewhere cost too much. Each test is named by the numbers of public reports.</summary>
[Collection(nameof(Simulated))]
public sealed class CostTests(SimulatedFixture storage, ITestOutputHelper output)
{
    private const int MessagesPerArchive = 10;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DURABLE_SESSIONS_TESTS") == "long";
    private static readonly SessionKey Key = EveryRequest.Key;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Report_4345_a_commit_that_waits_for_its_predecessor_makes_a_handful_of_requests() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var release = new TaskCompletionSource();
        var slow = new FakeProcessor { Before = cancellationToken => release.Task.WaitAsync(cancellationToken) };
        using Host host = await Host.RunAsync(cluster, container, processor: slow);
        await host.AppendAsync(Key, "m1");
        CommitTask first = await host.CommitAsync(Key);
        await host.AppendAsync(Key, "m2");
        CommitTask second = await host.CommitAsync(Key);
        await host.StageAsync(second.TaskId, "waiting_turn");
        host.Log.Clear();

        // Longer than the first look at its turn, which is 10 s after it began to wait; the later ones are ever farther apart.
        await Task.Delay(TimeSpan.FromSeconds(12), cluster.Time, Cancelled);
        StorageRequest[] requests = [.. host.Log.Requests.Where(r => r.Blob.Contains(second.TaskId, StringComparison.Ordinal))];
        Assert.True(
            requests.Length <= 6,
            $"{requests.Length} requests:{Environment.NewLine}{string.Join(Environment.NewLine, requests.AsEnumerable())}");

        release.SetResult();
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(Key, first.TaskId)).Status);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(Key, second.TaskId)).Status);
        Assert.Equal(["m1", "m2"], (await host.AuditAsync(Key)).Everything);
    });

    [Fact]
    public async Task Reports_4503_4350_a_large_session_slows_no_other_one()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(storage, container);
        await MakeArchivesAsync(host, IsLong ? 500 : 60);
        await host.AppendAsync(Key, "more");
        var other = new SessionKey("acme", "ada", "other");
        await host.AppendAsync(other, "first");
        TimeSpan alone = await MedianAppendAsync(host, other, "alone");

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task busy = UseAsync();
        TimeSpan beside = await MedianAppendAsync(host, other, "beside");
        await enough.CancelAsync();
        await busy;
        string times = $"{alone.TotalMilliseconds:0.0} ms alone, {beside.TotalMilliseconds:0.0} ms beside a busy large session";
        output.WriteLine($"An append to another session takes {times}.");
        Assert.True(beside < (4 * alone) + TimeSpan.FromMilliseconds(100), times);

        // And where every request of the large one hangs for ever, the other one does not even notice.
        host.Faults.When(static r => r.Blob.Contains("/s1", StringComparison.Ordinal), Fault.NeverAnswer, times: int.MaxValue);
        _ = host.CommitAsync(Key).ContinueWith(static t => t.Exception, TaskScheduler.Default);
        _ = host.AppendAsync(Key, "stuck").ContinueWith(static t => t.Exception, TaskScheduler.Default);
        await host.AppendAsync(other, "goes on");
        CommitTask task = await host.CommitAsync(other);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(other, task.TaskId)).Status);

        // All that a client can do with a session, over and over.
        async Task UseAsync()
        {
            for (int i = 0; !enough.IsCancellationRequested; i++)
            {
                await host.AppendAsync(Key, $"busy{i}");
                CommitTask busyOne = await host.CommitAsync(Key);
                await host.Store.Sessions.ReadContextAsync(Key, 100_000, Cancelled);
                await host.Store.Archives.ListAsync(Key, ArchiveService.MaxPage, null, Cancelled);
                await host.EndOfAsync(Key, busyOne.TaskId);
            }
        }
    }

    [Fact]
    public Task Beyond_1000_archives_all_are_listed_and_readable() => Simulated.RunAsync(async cluster =>
    {
        int count = IsLong ? 1_200 : 120;
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await MakeArchivesAsync(host, count);

        using Host fresh = await Host.StartAsync(cluster, container);
        var numbers = new List<int>();
        for (int? before = null; before != 1;)
        {
            IReadOnlyList<ArchiveInfo> page = await fresh.Store.Archives.ListAsync(Key, ArchiveService.MaxPage, before, Cancelled);
            numbers.AddRange(page.Select(static a => a.Number));
            before = page[^1].Number;
        }

        Assert.Equal(Enumerable.Range(1, count).Reverse(), numbers);
        foreach (int number in (int[])[1, count / 2, count])
        {
            Archive archive = await fresh.Store.Archives.GetAsync(Key, number, Cancelled);
            Assert.Equal(
                Enumerable.Range(1, MessagesPerArchive).Select(i => Text(number, i)),
                await archive.Messages.Select(Words.Text).ToListAsync(Cancelled));
        }
    });

    private static async Task MakeArchivesAsync(Host host, int count)
    {
        for (int number = 1; number <= count; number++)
        {
            await host.AppendAsync(Key, [.. Enumerable.Range(1, MessagesPerArchive).Select(i => Text(number, i))]);
            await host.CommitToEndAsync(Key);
        }
    }

    private static string Text(int archive, int message) => string.Create(CultureInfo.InvariantCulture, $"a{archive}-m{message}");

    private static async Task<TimeSpan> MedianAppendAsync(Host host, SessionKey key, string text)
    {
        var taken = new List<TimeSpan>();
        for (int i = 0; i < 51; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await host.AppendAsync(key, $"{text}{i}");
            taken.Add(Stopwatch.GetElapsedTime(started));
        }

        return taken.Order().ElementAt(taken.Count / 2);
    }
}
