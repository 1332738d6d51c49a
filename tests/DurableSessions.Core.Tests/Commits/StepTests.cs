using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Context;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>The rows of the commit's table, without an engine: each step again after a crash at each of its requests.</summary>
public sealed class StepTests(SimulatedFixture storage)
{
    private static readonly string[] Said = ["m1", "m2", "m3", "m4", "m5"];

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<int, bool> Variants() => new() { { 0, false }, { 0, true }, { 2, false }, { 2, true } };

    [Fact]
    public async Task A_retry_covers_the_archive_also_on_a_host_that_has_not_seen_it_switched()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host first = await Host.StartAsync(storage, container);
        using Host second = await Host.StartAsync(storage, container);
        await first.AppendAsync(_key, Said);
        CommitInput commit = await first.AcceptAsync(_key, "c1");
        await first.ClearLiveAsync(commit, await first.ArchiveToTempAsync(commit));

        // The second host sees the archive pending; then the commit is cancelled on the first, which switches it without a digest.
        await second.AppendAsync(_key, "later");
        await first.SwitchAsync(commit, new SemanticOutcome(ArchiveState.Uncovered, null));

        CommitInput again = commit with { Attempt = 2 };
        CommitProgress retried = await second.SwitchAsync(again, await second.SemanticProcessAsync(again));
        Assert.Equal(ArchiveState.Covered, retried.State);
        Audit audit = await first.AuditAsync(_key);
        Assert.Equal(ArchiveState.Covered, Assert.Single(audit.Archives).State);
        Assert.Equal(["later"], audit.Context);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task A_crash_at_any_request_of_a_commit_is_a_pause(int keepRecent, bool carriedOut)
    {
        int points = 0;
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host first = await Host.StartAsync(storage, container);
            await first.AppendAsync(_key, "earlier");
            await first.CommitAsync(await first.AcceptAsync(_key, "c0"));
            await first.AppendAsync(_key, Said);
            using Host dying = await Host.StartAsync(storage, container);
            CommitInput commit = await dying.AcceptAsync(_key, "c1", keepRecent);
            dying.Faults.StopTheWorldAt(dying.Faults.Requests + k, carriedOut);
            Task<CommitProgress> run = dying.CommitAsync(commit);
            if (await Task.WhenAny(run, dying.Faults.Stopped) == run)
            {
                await run;
                break;
            }

            points++;
            using Host fresh = await Host.StartAsync(storage, container);
            Audit between = await fresh.AuditAsync(_key);
            Assert.Equal(["earlier", .. Said], between.Everything);
            await fresh.AppendAsync(_key, "later");

            CommitProgress switched = await fresh.CommitAsync(commit);
            Assert.Equal(2, switched.Number);
            Audit audit = await fresh.AuditAsync(_key);
            Assert.Equal(["earlier", .. Said, "later"], audit.Everything);

            // A commit takes what is live when it cuts: where it died before that, the later message too.
            Assert.InRange(audit.Context.Count, keepRecent, keepRecent + 1);
            Assert.Equal(audit.Everything.Skip(1).SkipLast(audit.Context.Count), audit.Archives[1].Texts);
            Assert.Equal([ArchiveState.Covered, ArchiveState.Covered], audit.Archives.Select(static a => a.State));
            Assert.InRange(dying.Processor.Calls + fresh.Processor.Calls, 1, 2);
        }

        Assert.InRange(points, 14, 30);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task An_answer_that_is_lost_at_any_request_of_a_commit_changes_nothing(bool carriedOut) =>
        DisturbedCommit.ChangesNothingAsync(storage, _key, Said, "c1", carriedOut);

    [Fact]
    public async Task Every_step_twice_and_in_parallel_is_one_step()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host one = await Host.StartAsync(storage, container);
        using Host two = await Host.StartAsync(storage, container);
        await one.AppendAsync(_key, Said);
        CommitInput commit = await one.AcceptAsync(_key, "c1", keepRecent: 1);
        CommitProgress[] staged = await Task.WhenAll(
            one.ArchiveToTempAsync(commit), two.ArchiveToTempAsync(commit), one.ArchiveToTempAsync(commit));
        Assert.Single(staged.Distinct());
        CommitProgress[] cleared = await Task.WhenAll(one.ClearLiveAsync(commit, staged[0]), two.ClearLiveAsync(commit, staged[0]));
        Assert.Equal([1, 1], cleared.Select(static c => c.Number));
        SemanticOutcome[] digested = await Task.WhenAll(one.SemanticProcessAsync(commit), two.SemanticProcessAsync(commit));
        Assert.Single(digested.Distinct());
        CommitProgress[] switched = await Task.WhenAll(one.SwitchAsync(commit, digested[0]), two.SwitchAsync(commit, digested[0]));
        Assert.Equal([1, 1], switched.Select(static s => s.Number));
        Assert.Equal(Said, (await two.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_digest_that_was_stored_is_never_made_again()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host other = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, Said);
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        await host.ClearLiveAsync(commit, await host.ArchiveToTempAsync(commit));
        await host.SemanticProcessAsync(commit);
        SemanticOutcome outcome = await other.SemanticProcessAsync(commit);
        Assert.Equal(0, other.Processor.Calls);
        await other.SwitchAsync(commit, outcome);
        await host.SemanticProcessAsync(commit);
        Assert.Equal(1, host.Processor.Calls);
    }

    [Fact]
    public async Task A_digest_that_comes_late_does_not_replace_the_one_that_was_switched()
    {
        string container = (await storage.NewContainerAsync()).Name;
        var wakesUp = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        var slow = new FakeProcessor
        {
            Adds = " (late)",
            Before = cancellationToken =>
            {
                asked.TrySetResult();
                return wakesUp.Task.WaitAsync(cancellationToken);
            },
        };
        using Host zombie = await Host.StartAsync(storage, container, processor: slow);
        await zombie.AppendAsync(_key, Said);
        CommitInput commit = await zombie.AcceptAsync(_key, "c1");
        CommitProgress staged = await zombie.ArchiveToTempAsync(commit);
        await zombie.ClearLiveAsync(commit, staged);
        Task<SemanticOutcome> late = zombie.SemanticProcessAsync(commit);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        using Host other = await Host.StartAsync(storage, container);
        await other.CommitAsync(commit);

        wakesUp.SetResult();
        await zombie.SwitchAsync(commit, await late);

        foreach (Host host in (Host[])[zombie, other, await Host.StartAsync(storage, container)])
        {
            using Host reader = host;
            SessionContext context = await reader.Store.Sessions.ReadContextAsync(_key, 10_000, TestContext.Current.CancellationToken);
            Assert.Equal("m1+4", context.Overview);
        }
    }

    [Fact]
    public async Task A_zombie_that_wakes_before_its_first_swap_cannot_cut_again()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host zombie = await Host.StartAsync(storage, container);
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, Said);
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        var held = new HoldsRequest();
        zombie.Faults.When(static r => r.Is("PUT", "manifests/"), held);
        Task<CommitProgress> late = zombie.ArchiveToTempAsync(commit);
        await held.Arrived;
        await host.CommitAsync(commit);
        await host.AppendAsync(_key, "m6");
        await held.ReleaseAsync();
        CommitProgress seen = await late;
        Assert.Equal(1, seen.Number);
        Audit audit = await host.AuditAsync(_key);
        Assert.Equal([.. Said, "m6"], audit.Everything);
        Assert.Single(audit.Archives);
        Assert.Equal(["m6"], audit.Context);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_zombie_that_runs_all_steps_after_the_end_changes_nothing(int keepRecent)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host zombie = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, Said);
        CommitInput commit = await host.AcceptAsync(_key, "c1", keepRecent);
        await host.CommitAsync(commit);
        await host.AppendAsync(_key, "m6");
        await host.CommitAsync(await host.AcceptAsync(_key, "c2"));
        await host.AppendAsync(_key, "m7");
        Assert.Equal(1, (await zombie.ArchiveToTempAsync(commit)).Number);
        Assert.Equal(1, (await zombie.CommitAsync(commit)).Number);
        Audit audit = await zombie.AuditAsync(_key);
        Assert.Equal([.. Said, "m6", "m7"], audit.Everything);
        Assert.Equal(2, audit.Archives.Count);
    }

    [Fact]
    public async Task A_cancelled_commit_leaves_its_messages_live_and_never_cuts_again()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host zombie = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, Said);
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        var held = new HoldsRequest();
        zombie.Faults.When(static r => r.Is("PUT", "manifests/"), held);
        Task<CommitProgress> late = zombie.ArchiveToTempAsync(commit);
        await held.Arrived;
        Assert.Equal(CommitFate.Cancelled, (await host.CancelAsync(commit)).Fate);
        await held.ReleaseAsync();
        Assert.Equal(CommitFate.Cancelled, (await late).Fate);
        Audit audit = await host.AuditAsync(_key);
        Assert.Equal(Said, audit.Context);
        Assert.Empty(audit.Archives);
    }

    [Fact]
    public async Task A_crash_at_any_request_of_a_cancellation_is_a_pause()
    {
        foreach (bool hasCut in (bool[])[false, true])
        {
            for (int k = 1; ; k++)
            {
                string container = (await storage.NewContainerAsync()).Name;
                using Host first = await Host.StartAsync(storage, container);
                await first.AppendAsync(_key, Said);
                CommitInput commit = await first.AcceptAsync(_key, "c1");
                _ = hasCut ? await first.ArchiveToTempAsync(commit) : null;
                using Host dying = await Host.StartAsync(storage, container);
                await dying.AcceptAsync(_key, "c1");
                dying.Faults.StopTheWorldAt(dying.Faults.Requests + k, carriesOutTheLast: k % 2 == 0);
                Task<CommitProgress> run = dying.CancelAsync(commit);
                bool ended = await Task.WhenAny(run, dying.Faults.Stopped) == run;
                using Host fresh = await Host.StartAsync(storage, container);
                Assert.Equal(Said, (await fresh.AuditAsync(_key)).Context);
                Assert.Equal(CommitFate.Cancelled, (await fresh.CancelAsync(commit)).Fate);
                Assert.Equal(CommitFate.Cancelled, (await fresh.CommitAsync(commit)).Fate);
                await fresh.AppendAsync(_key, "m6");

                // The second attempt is another commit of the same id, with names of its own.
                CommitProgress retried = await fresh.CommitAsync(commit with { Attempt = 2 });
                Assert.Equal(1, retried.Number);
                Assert.Equal([.. Said, "m6"], Assert.Single((await fresh.AuditAsync(_key)).Archives).Texts);
                if (ended)
                {
                    break;
                }
            }
        }
    }

    [Fact]
    public async Task What_an_earlier_attempt_staged_is_never_taken_for_a_later_ones()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host zombie = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, Said);
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        var held = new HoldsRequest();
        zombie.Faults.When(static r => r.Is("PUT", "archives/") && r.Blob.EndsWith("messages.jsonl", StringComparison.Ordinal), held);
        Task<CommitProgress> late = zombie.ArchiveToTempAsync(commit);
        await held.Arrived;
        await host.CancelAsync(commit);
        await host.AppendAsync(_key, "m6");
        await host.ArchiveToTempAsync(commit with { Attempt = 2 });
        await held.ReleaseAsync();
        await late;
        Assert.Equal(1, (await host.CommitAsync(commit with { Attempt = 2 })).Number);
        Assert.Equal([.. Said, "m6"], Assert.Single((await host.AuditAsync(_key)).Archives).Texts);
    }

    [Fact]
    public async Task A_cancellation_of_a_later_attempt_closes_the_earlier_one_whose_cut_it_undoes()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host zombie = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, Said);
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        await zombie.ArchiveToTempAsync(commit);
        await host.ArchiveToTempAsync(commit with { Attempt = 2 });
        Assert.Equal(CommitFate.Cancelled, (await host.CancelAsync(commit with { Attempt = 2 })).Fate);
        await host.AppendAsync(_key, "m6");
        Assert.Equal(CommitFate.Cancelled, (await zombie.CommitAsync(commit)).Fate);
        Assert.Equal([.. Said, "m6"], (await host.AuditAsync(_key)).Context);
        Assert.Equal(1, (await host.CommitAsync(commit with { Attempt = 3 })).Number);

        // A request for the first attempt gets the outcome of the commit.
        Assert.Equal(1, (await zombie.CommitAsync(commit)).Number);
        Assert.Equal([.. Said, "m6"], Assert.Single((await host.AuditAsync(_key)).Archives).Texts);
    }

    [Fact]
    public async Task A_commit_helps_one_that_died_in_its_cut_and_then_makes_its_own()
    {
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host first = await Host.StartAsync(storage, container);
            await first.AppendAsync(_key, Said);
            CommitInput commit = await first.AcceptAsync(_key, "c1", keepRecent: 1);
            using Host dying = await Host.StartAsync(storage, container);
            await dying.AcceptAsync(_key, "c1");
            dying.Faults.StopTheWorldAt(dying.Faults.Requests + k, carriesOutTheLast: true);
            Task<CommitProgress> run = dying.ArchiveToTempAsync(commit);
            bool ended = await Task.WhenAny(run, dying.Faults.Stopped) == run;

            using Host helper = await Host.StartAsync(storage, container);
            await helper.AppendAsync(_key, "m6");
            CommitInput second = await helper.AcceptAsync(_key, "c2");
            CommitProgress cleared = await helper.ClearLiveAsync(second, await helper.ArchiveToTempAsync(second));
            Audit audit = await helper.AuditAsync(_key);
            Assert.Equal([.. Said, "m6"], audit.Everything);
            Assert.Equal(audit.Archives.Count, cleared.Number);

            using Host fresh = await Host.StartAsync(storage, container);
            await fresh.ClearLiveAsync(commit, await fresh.ArchiveToTempAsync(commit));
            Assert.Equal([.. Said, "m6"], (await fresh.AuditAsync(_key)).Everything);
            if (ended)
            {
                break;
            }
        }
    }

    [Theory]
    [InlineData("c1")]
    [InlineData("c2")]
    public async Task A_segment_that_is_missing_while_its_cut_stands_fails_the_step_at_once(string next)
    {
        BlobContainerClient container = await storage.NewContainerAsync();
        using Host first = await Host.StartAsync(storage, container.Name);
        await first.AppendAsync(_key, Said);
        var prefix = new GetBlobsOptions { Prefix = "segments/" };
        List<BlobItem> before = await container.GetBlobsAsync(prefix, Cancelled).ToListAsync(Cancelled);
        await first.ArchiveToTempAsync(await first.AcceptAsync(_key, "c1"));
        await container.DeleteBlobAsync(Assert.Single(before).Name, cancellationToken: Cancelled);

        using Host fresh = await Host.StartAsync(storage, container.Name);
        CommitInput second = await fresh.AcceptAsync(_key, next);
        int requests = fresh.Faults.Requests;
        Exception missing = await Assert.ThrowsAnyAsync<Exception>(() => fresh.ArchiveToTempAsync(second));

        Assert.IsAssignableFrom<NonRetriableTaskException>(missing);
        Assert.Contains("missing in storage", missing.Message, StringComparison.Ordinal);
        Assert.InRange(fresh.Faults.Requests - requests, 1, 10);
    }

    [Fact]
    public async Task A_session_that_is_deleted_ends_its_commits_and_one_of_the_same_id_is_another()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host zombie = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, Said);
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        CommitProgress staged = await zombie.ArchiveToTempAsync(commit);
        await host.DeleteAsync(commit);
        await Assert.ThrowsAsync<SessionGoneException>(() => zombie.ClearLiveAsync(commit, staged));
        await host.AppendAsync(_key, "new");
        await Assert.ThrowsAsync<SessionGoneException>(() => zombie.CommitAsync(commit));
        await host.DeleteBlobsAsync(commit);
        Audit audit = await host.AuditAsync(_key);
        Assert.Equal(["new"], audit.Everything);
        Assert.Empty(audit.Archives);
    }

    [Theory]
    [InlineData(0, "no_messages")]
    [InlineData(3, "all_within_keep_window")]
    public async Task A_commit_with_nothing_to_archive_is_skipped_and_says_why(int messages, string reason)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "first");
        await host.CommitAsync(await host.AcceptAsync(_key, "c0"));
        for (int i = 0; i < messages; i++)
        {
            await host.AppendAsync(_key, $"m{i}");
        }

        for (int again = 0; again < 2; again++)
        {
            CommitProgress skipped = await host.ArchiveToTempAsync(await host.AcceptAsync(_key, "c1", keepRecent: 5));
            Assert.Equal(CommitFate.Skipped, skipped.Fate);
            Assert.Equal(reason, skipped.Reason);
        }

        await host.AppendAsync(_key, "more");
        Assert.Equal(messages + 1, (await host.AuditAsync(_key)).Context.Count);
    }

    [Fact]
    public async Task A_reader_sees_every_message_at_every_request_of_a_commit()
    {
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host host = await Host.StartAsync(storage, container);
            using Host reader = await Host.StartAsync(storage, container);
            await host.AppendAsync(_key, Said);
            CommitInput commit = await host.AcceptAsync(_key, "c1", keepRecent: 2);
            if (await host.HoldAsync(k, () => host.CommitAsync(commit)) is not var (run, held))
            {
                break;
            }

            // Half of the reading before the held request, half after it.
            var reading = new HoldsRequest();
            reader.Faults.When(static r => r.Is("GET", "segments/"), reading);
            Task<Audit> audit = reader.AuditAsync(_key);
            await Task.WhenAny(reading.Arrived, audit);
            await held.ReleaseAsync();
            await run;
            if (reading.Arrived.IsCompleted)
            {
                await reading.ReleaseAsync();
            }

            Assert.Equal(Said, (await audit).Everything);
        }
    }
}
