using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>How many live segments there are after commits that archive nothing.</summary>
[Collection(nameof(Simulated))]
public sealed class LiveSegmentTests
{
    private const int Many = 100;

    private static readonly SessionKey s_key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public Task Commits_that_are_cancelled_leave_few(int kept) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        List<string> said = [];
        if (kept > 0)
        {
            said.Add("earlier");
            said.AddRange(Enumerable.Range(0, kept).Select(static i => $"kept {i}"));
            await host.AppendAsync(s_key, [.. said]);
            await host.CommitAsync(await host.AcceptAsync(s_key, "c0", keepRecent: kept));
        }

        said.Add("m1");
        await host.AppendAsync(s_key, "m1");
        for (int i = 1; i <= Many; i++)
        {
            CommitInput commit = await host.AcceptAsync(s_key, $"c{i}");
            Assert.Null((await host.ArchiveToTempAsync(commit)).Fate);
            Assert.Equal(CommitFate.Cancelled, (await host.CancelAsync(commit)).Fate);
            Assert.InRange((await LiveAsync(cluster, container)).Count, 1, 3);
        }

        Assert.Equal(said, (await host.AuditAsync(s_key)).Everything);
        said.Add("m2");
        await host.AppendAsync(s_key, "m2");
        await host.CommitAsync(await host.AcceptAsync(s_key, "last"));
        Audit audit = await host.AuditAsync(s_key);
        Assert.Equal(said, audit.Everything);
        Assert.Empty(audit.Context);
        Assert.Single(await LiveAsync(cluster, container));
    });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    public Task Commits_that_find_nothing_to_archive_leave_few(int messages, int keepRecent) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        string[] said = [.. Enumerable.Range(0, messages).Select(static i => $"m{i}")];
        await host.Store.Sessions.CreateAsync(s_key.Owner, s_key.Id, new SessionSettings(), null, Cancelled);
        if (messages > 0)
        {
            await host.AppendAsync(s_key, said);
        }

        for (int i = 1; i <= Many; i++)
        {
            CommitProgress ended = await host.CommitAsync(await host.AcceptAsync(s_key, $"c{i}", keepRecent));
            Assert.Equal(i > 1 || messages <= keepRecent, ended.Fate == CommitFate.Skipped);
            Assert.InRange((await LiveAsync(cluster, container)).Count, 1, 2);
        }

        Assert.Equal(said, (await host.AuditAsync(s_key)).Everything);
    });

    [Fact]
    public Task A_message_that_was_acknowledged_before_a_commit_is_cut_by_it_also_in_a_segment_that_a_cancelled_one_left() =>
        Simulated.RunAsync(async cluster =>
        {
            string container = (await cluster.NewContainerAsync()).Name;
            using Host host = await Host.StartAsync(cluster, container);
            using Host other = await Host.StartAsync(cluster, container);
            await host.AppendAsync(s_key, "m1");
            await CancelAsync(host, "c1");
            await other.AppendAsync(s_key, "m2");
            await host.CommitAsync(await host.AcceptAsync(s_key, "c2"));
            Assert.Equal(["m1", "m2"], Assert.Single((await host.AuditAsync(s_key)).Archives).Texts);
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_segment_that_is_sealed_or_gone_is_not_gone_on_in(bool isGone) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        await host.AppendAsync(s_key, "m1");
        await CancelAsync(host, "c1");
        string left = (await LiveAsync(cluster, container))[^1];
        SessionStorage storage = await cluster.ConnectAsync(container);
        if (isGone)
        {
            // Not by the store. What is lost is said by the next reading; here it is that no commit makes it the place of what comes.
            await storage.Container.GetBlobClient(left).DeleteAsync(cancellationToken: Cancelled);
            await Assert.ThrowsAnyAsync<Exception>(async () => await host.ArchiveToTempAsync(await host.AcceptAsync(s_key, "c2")));
        }
        else
        {
            await storage.Container.GetAppendBlobClient(left).SealAsync(cancellationToken: Cancelled);
            await host.ArchiveToTempAsync(await host.AcceptAsync(s_key, "c2"));
        }

        Assert.NotEqual(left, (await LiveAsync(cluster, container))[^1]);
    });

    /// <summary>An append is under way to the segment that a commit goes on in: in order, and in orders that are drawn.</summary>
    [Fact]
    public Task Appends_beside_commits_that_are_cancelled_and_go_on_in_the_same_segment_are_stored_once_and_in_order() =>
        Simulated.RunInManyOrdersAsync(async cluster =>
        {
            string container = (await cluster.NewContainerAsync()).Name;
            using Host host = await Host.StartAsync(cluster, container);
            using Host other = await Host.StartAsync(cluster, container);
            await host.AppendAsync(s_key, "m0");
            await Task.WhenAll(CancelAllAsync(), AppendAllAsync());
            await host.CommitAsync(await host.AcceptAsync(s_key, "last"));
            Audit audit = await other.AuditAsync(s_key);
            Assert.Equal([.. Enumerable.Range(0, 13).Select(static i => $"m{i}")], audit.Everything);
            Assert.Empty(audit.Context);

            async Task CancelAllAsync()
            {
                for (int i = 1; i <= 12; i++)
                {
                    await CancelAsync(host, $"c{i}");
                }
            }

            async Task AppendAllAsync()
            {
                for (int i = 1; i <= 12; i++)
                {
                    await other.AppendAsync(s_key, $"m{i}");
                }
            }
        });

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    public Task A_crash_at_any_request_of_a_commit_that_goes_on_in_the_last_segment_is_a_pause(bool carriedOut, int keepRecent) =>
        Simulated.RunAsync(async cluster =>
        {
            string[] said = ["m1", "m2"];
            for (int k = 1; ; k++)
            {
                string container = (await cluster.NewContainerAsync()).Name;
                using Host first = await Host.StartAsync(cluster, container);
                await first.AppendAsync(s_key, said);
                await CancelAsync(first, "c1");
                using Host dying = await Host.StartAsync(cluster, container);
                CommitInput commit = await dying.AcceptAsync(s_key, "c2", keepRecent);
                dying.Faults.StopTheWorldAt(dying.Faults.Requests + k, carriedOut);
                Task<CommitProgress> run = dying.CommitAsync(commit);
                if (await Task.WhenAny(run, dying.Faults.Stopped) == run)
                {
                    await run;
                    Assert.InRange(k, 10, 40);
                    break;
                }

                using Host fresh = await Host.StartAsync(cluster, container);
                Assert.Equal(said, (await fresh.AuditAsync(s_key)).Everything);
                await fresh.AppendAsync(s_key, "later");
                Assert.Equal(1, (await fresh.CommitAsync(commit)).Number);
                Audit audit = await fresh.AuditAsync(s_key);
                Assert.Equal([.. said, "later"], audit.Everything);
                Assert.InRange(audit.Context.Count, keepRecent, keepRecent + 1);
            }
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task An_answer_that_is_lost_at_any_request_of_a_commit_that_goes_on_in_the_last_segment_changes_nothing(bool carriedOut) =>
        Simulated.RunAsync(cluster => DisturbedCommit.ChangesNothingAsync(
            cluster, s_key, ["m1", "m2", "m3"], "c2", carriedOut, static host => CancelAsync(host, "c1")));

    private static async Task CancelAsync(Host host, string commitId)
    {
        CommitInput commit = await host.AcceptAsync(s_key, commitId);
        Assert.Null((await host.ArchiveToTempAsync(commit)).Fate);
        Assert.Equal(CommitFate.Cancelled, (await host.CancelAsync(commit)).Fate);
    }

    private static async Task<IReadOnlyList<string>> LiveAsync(StorageFixture fixture, string container)
    {
        SessionStorage storage = await fixture.ConnectAsync(container);
        Manifest manifest = StoreJson.Read<Manifest>(
            (await storage.Container.GetBlobClient(BlobNames.Manifest(s_key)).DownloadContentAsync(Cancelled)).Value.Content);
        return [.. manifest.Live.Select(static s => s.Name)];
    }
}
