using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>A covered archive is digested again on request: as a preview, or in place, with the digest before kept.</summary>
[Collection(nameof(Simulated))]
public sealed class ArchiveDigestTests
{
    private static readonly DigestRequest s_preview = new(DigestMode.Preview);
    private static readonly DigestRequest s_replace = new(DigestMode.Replace);

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static SessionOptions Once => new()
    {
        Semantic = new SemanticPolicy { MaxAttempts = 1, Timeout = TimeSpan.FromSeconds(10) },
    };

    [Fact]
    public Task A_preview_is_kept_beside_the_present_digest_and_changes_nothing_else() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1", "m2");
        host.Processor.Says = " anew";
        DigestTask task = await host.DigestToEndAsync(_key, 1, s_preview with { Instructions = "prices" });

        Assert.Equal((CommitTaskStatus.Completed, (string?)null), (task.Status, task.Error));
        Assert.Equal((2, false, "2 messages anew", "m1+1 (prices)", "prices"), Seen(task.Digest!));
        Assert.Equal((1, true, "2 messages", "m1+1", null), Seen(task.Present!));
        Assert.Equal("m1+1", await OverviewAsync(host));
        Assert.Equal(("2 messages", "m1+1"), await ArchiveAsync(host, 1));
        Assert.Equal([2, 1], (await host.Store.Digests.ListAsync(_key, 1, Cancelled)).Select(static d => d.Version));
    });

    [Fact]
    public Task The_digest_that_was_previewed_is_put_in_place_without_another_question() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1", "m2");
        host.Processor.Says = " anew";
        await host.DigestToEndAsync(_key, 1, s_preview);
        int calls = host.Processor.Calls;
        DigestTask put = await host.DigestToEndAsync(_key, 1, Restore(2));
        Assert.Equal(calls, host.Processor.Calls);
        Assert.Equal((2, true), (put.Digest!.Version, put.Digest.IsInPlace));
        Assert.Equal(("2 messages anew", "m1+1"), await ArchiveAsync(host, 1));
    });

    [Fact]
    public Task A_digest_in_place_of_the_newest_archive_is_the_context_s_overview_and_can_be_taken_back() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1", "m2");
        await host.DigestToEndAsync(_key, 1, s_replace with { Instructions = "prices" });
        Assert.Equal("m1+1 (prices)", await OverviewAsync(host));
        Assert.Equal("m1+1 (prices)", (await ArchiveAsync(host, 1)).Overview);

        await host.DigestToEndAsync(_key, 1, Restore(1));
        Assert.Equal("m1+1", await OverviewAsync(host));
        Assert.Equal("m1+1", (await ArchiveAsync(host, 1)).Overview);
        await host.DigestToEndAsync(_key, 1, Restore(2));
        Assert.Equal("m1+1 (prices)", await OverviewAsync(host));
        Assert.Equal(2, host.Processor.Calls);

        // What comes next is made from what is in place.
        await CommitAsync(host, "m3");
        Assert.Equal("m1+1 (prices) m3+0", await OverviewAsync(host));
    });

    [Fact]
    public Task Of_an_older_archive_only_its_own_digest_changes() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1");
        await CommitAsync(host, "m2");
        await CommitAsync(host, "m3");
        await host.DigestToEndAsync(_key, 2, s_replace with { Instructions = "prices" });
        Assert.Equal("m1+0 m2+0 (prices)", (await ArchiveAsync(host, 2)).Overview);
        Assert.Equal("m1+0 m2+0 m3+0", await OverviewAsync(host));
        Assert.Equal("m1+0 m2+0 m3+0", (await ArchiveAsync(host, 3)).Overview);

        // Digested again in its turn, the next one is made from it.
        await host.DigestToEndAsync(_key, 3, s_replace);
        Assert.Equal("m1+0 m2+0 (prices) m3+0", await OverviewAsync(host));
    });

    [Fact]
    public Task Archives_that_its_first_digest_held_are_in_it_again() => RunAsync(async (host, _) =>
    {
        await UncoverAsync(host, "m1");
        await CommitAsync(host, "m2");
        ArchiveStateException refused = await Assert.ThrowsAsync<ArchiveStateException>(
            () => host.Store.Digests.StartAsync(_key, 1, s_preview, Cancelled));
        Assert.Contains("later archive", refused.Message, StringComparison.Ordinal);
        await host.DigestToEndAsync(_key, 2, s_replace);
        Assert.Equal("m1+1", await OverviewAsync(host));
    });

    [Fact]
    public Task Memories_are_as_the_user_has_left_them() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "+preferences/tea=green", "+events/e=x");
        await host.Store.Memories.DeleteAsync(_key.Owner, MemoryCategory.Events, "e", new MemoryCondition(), Cancelled);
        await host.DigestToEndAsync(_key, 1, s_replace);
        await host.DigestToEndAsync(_key, 1, Restore(1));
        Assert.Equal(["preferences/tea 1 green"], await StoredMemories.AllAsync(host));
        Assert.Equal(2, (await host.Store.Sessions.GetAsync(_key, false, Cancelled)).MemoriesExtracted);
    });

    [Fact]
    public Task A_search_finds_what_is_in_place() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1");
        await CommitAsync(host, "m2", "m3");
        Assert.Equal("2 messages", await FoundAsync("2"));
        host.Processor.Says = " precisely";
        await host.DigestToEndAsync(_key, 2, s_replace);
        Assert.Equal("2 messages precisely", await FoundAsync("2"));
        Assert.Equal("2 messages precisely", await FoundAsync("precisely"));
        await host.DigestToEndAsync(_key, 2, Restore(1));
        Assert.Equal("2 messages", await FoundAsync("2"));
        Assert.Null(await FoundAsync("precisely"));

        async Task<string?> FoundAsync(string query) =>
            (await host.Store.MemorySearch.SearchAsync(_key.Owner, query, 10, where: null, Cancelled)).SingleOrDefault()?.Archive?.Abstract;
    });

    [Fact]
    public Task What_cannot_be_digested_is_refused() => RunAsync(async (host, _) =>
    {
        await Assert.ThrowsAsync<SessionNotFoundException>(() => host.Store.Digests.StartAsync(_key, 1, s_preview, Cancelled));
        await host.AppendAsync(_key, "m0");
        await Assert.ThrowsAsync<ArchiveNotFoundException>(() => host.Store.Digests.StartAsync(_key, 1, s_preview, Cancelled));
        await CommitAsync(host, "m1");
        await Assert.ThrowsAsync<DigestNotFoundException>(() => host.Store.Digests.StartAsync(_key, 1, Restore(2), Cancelled));
        await UncoverAsync(host, "m2");
        ArchiveStateException uncovered = await Assert.ThrowsAsync<ArchiveStateException>(
            () => host.Store.Digests.StartAsync(_key, 2, s_preview, Cancelled));
        Assert.Contains("not covered", uncovered.Message, StringComparison.Ordinal);

        host.Processor.Before = static _ => throw new IOException("The model is away.");
        await CommitAsync(host, "m3");
        ArchiveStateException degraded = await Assert.ThrowsAsync<ArchiveStateException>(
            () => host.Store.Digests.StartAsync(_key, 3, s_preview, Cancelled));
        Assert.Contains("model was away", degraded.Message, StringComparison.Ordinal);
        foreach (DigestRequest wrong in (DigestRequest[])[new(DigestMode.Restore), s_preview with { Version = 1 }, Restore(0),
            s_preview with { Instructions = new string('x', 2_001) }, s_preview with { Instructions = "" }, new((DigestMode)9)])
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => host.Store.Digests.StartAsync(_key, 1, wrong, Cancelled));
        }
    });

    [Fact]
    public Task While_one_is_on_its_way_another_of_the_same_archive_waits_for_its_turn() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1");
        await CommitAsync(host, "m2");
        var go = new TaskCompletionSource();
        host.Processor.Before = _ => go.Task;
        DigestTask first = await host.Store.Digests.StartAsync(_key, 1, s_replace, Cancelled);
        ContentionException busy = await Assert.ThrowsAsync<ContentionException>(
            () => host.Store.Digests.StartAsync(_key, 1, s_preview, Cancelled));
        Assert.Contains(first.TaskId, busy.Message, StringComparison.Ordinal);
        DigestTask other = await host.Store.Digests.StartAsync(_key, 2, s_preview, Cancelled);
        go.SetResult();
        Assert.Equal(CommitTaskStatus.Completed, (await host.Store.Digests.WaitAsync(_key.Owner, first.TaskId, Cancelled)).Status);
        Assert.Equal(CommitTaskStatus.Completed, (await host.Store.Digests.WaitAsync(_key.Owner, other.TaskId, Cancelled)).Status);
        Assert.Equal(3, (await host.DigestToEndAsync(_key, 1, s_preview)).Digest!.Version);
        await Assert.ThrowsAsync<TaskNotFoundException>(
            () => host.Store.Digests.GetAsync(new UserKey("acme", "bob"), first.TaskId, Cancelled));
    });

    [Fact]
    public Task A_key_stands_for_one_change() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1");
        DigestRequest keyed = s_replace with { IdempotencyKey = Words.Key("digest") };
        DigestTask first = await host.DigestToEndAsync(_key, 1, keyed);
        await host.DigestToEndAsync(_key, 1, Restore(1));
        DigestTask again = await host.DigestToEndAsync(_key, 1, keyed);
        Assert.Equal((first.TaskId, 2, false), (again.TaskId, again.Digest!.Version, again.Digest.IsInPlace));
        Assert.Equal(2, host.Processor.Calls);
        Assert.Equal(2, (await host.Store.Digests.ListAsync(_key, 1, Cancelled)).Count);
    });

    [Fact]
    public Task A_key_whose_request_has_failed_starts_no_other_one() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1");
        DigestRequest keyed = s_replace with { IdempotencyKey = Words.Key("digest") };
        host.Processor.Before = static _ => throw new IOException("The model is away.");
        DigestTask failed = await host.DigestToEndAsync(_key, 1, keyed);
        Assert.Equal(CommitTaskStatus.Failed, failed.Status);
        Assert.Contains("the digest failed", failed.Error, StringComparison.Ordinal);
        host.Processor.Before = static _ => Task.CompletedTask;
        Assert.Equal(CommitTaskStatus.Failed, (await host.DigestToEndAsync(_key, 1, keyed)).Status);
        Assert.Single(await host.Store.Digests.ListAsync(_key, 1, Cancelled));

        Assert.Equal(2, (await host.DigestToEndAsync(_key, 1, s_replace)).Digest!.Version);
        await Assert.ThrowsAsync<ArchiveStateException>(() => host.Store.Digests.StartAsync(_key, 1, keyed, Cancelled));
    });

    [Fact]
    public Task A_key_whose_change_another_request_has_taken_makes_no_other_one() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container, Once);
        await CommitAsync(host, "m1");
        using Host late = await Host.StartAsync(cluster, container, Once);
        DigestRequest keyed = s_replace with { IdempotencyKey = Words.Key("digest") };
        var held = new HoldsRequest();
        late.Faults.When(static r => r.Is("PUT", "orchestrations/"), held);
        Task<DigestTask> stalled = late.Store.Digests.StartAsync(_key, 1, keyed, Cancelled);
        await held.Arrived;
        await host.DigestToEndAsync(_key, 1, s_preview);
        await held.ReleaseAsync();
        ArchiveStateException taken = await Assert.ThrowsAsync<ArchiveStateException>(() => stalled);
        Assert.Contains("another request came before it", taken.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArchiveStateException>(() => host.Store.Digests.StartAsync(_key, 1, keyed, Cancelled));
        Assert.Equal([2, 1], (await host.Store.Digests.ListAsync(_key, 1, Cancelled)).Select(static d => d.Version));
        Assert.Equal("m1+0", await OverviewAsync(host));
    });

    [Fact]
    public Task Previews_are_let_go_for_later_ones_and_what_was_in_place_is_not() => RunAsync(async (host, blobs) =>
    {
        await CommitAsync(host, "m1");
        await host.DigestToEndAsync(_key, 1, s_preview);
        for (int version = 3; version <= DigestService.MaxVersions; version++)
        {
            Assert.Null((await host.DigestToEndAsync(_key, 1, s_replace)).DroppedVersion);
        }

        Assert.Equal(2, (await host.DigestToEndAsync(_key, 1, s_preview)).DroppedVersion);
        Assert.Equal(DigestService.MaxVersions, (await host.Store.Digests.ListAsync(_key, 1, Cancelled)).Count);
        IReadOnlyList<string> names = await NamesAsync(blobs);
        Assert.Equal(DigestService.MaxVersions - 1, names.Count(static n => ArchiveStore.IsOfRequest(n.Split('/')[^1])));

        await host.DigestToEndAsync(_key, 1, Restore(DigestService.MaxVersions + 1));
        ArchiveStateException full = await Assert.ThrowsAsync<ArchiveStateException>(
            () => host.Store.Digests.StartAsync(_key, 1, s_preview, Cancelled));
        Assert.Contains("16 digests", full.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await host.DigestToEndAsync(_key, 1, Restore(1))).Digest!.Version);
        await AuditAsync(host);
    });

    [Fact]
    public Task A_host_that_comes_late_puts_no_older_digest_back() => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1");
        DigestTask task = await host.DigestToEndAsync(_key, 1, s_replace with { Instructions = "prices" });
        await host.DigestToEndAsync(_key, 1, Restore(1));
        DigestArchiveInput late = InputOf(await host.Store.Sessions.IncarnationAsync(_key, Cancelled), 1, DigestMode.Replace);
        Assert.Equal(task.TaskId, late.InstanceId);
        Assert.Null(await host.DigestArchiveAsync(late));
        await host.ChangeDigestAsync(late);
        Assert.Equal("m1+0", await OverviewAsync(host));
        Assert.Equal("m1+0", (await ArchiveAsync(host, 1)).Overview);
        Assert.Equal(2, host.Processor.Calls);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public Task A_host_that_stalls_at_a_request_puts_no_older_digest_back(int request) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container, Once);
        await CommitAsync(host, "m1");
        using Host late = await Host.StartAsync(cluster, container, Once);
        string incarnation = await late.Store.Sessions.IncarnationAsync(_key, Cancelled);
        DigestArchiveInput replace = InputOf(incarnation, 1, DigestMode.Replace) with { Instructions = "prices" };
        await late.DigestArchiveAsync(replace);

        // The first is for the input's session.
        var held = new HoldsRequest();
        late.Faults.AtRequest(late.Faults.Requests + 1 + request, held);
        Task<DigestArchiveOutput> stalled = late.ChangeDigestAsync(replace);
        await held.Arrived;
        await host.ChangeDigestAsync(replace);
        Assert.Equal("m1+0 (prices)", await OverviewAsync(host));
        await host.DigestToEndAsync(_key, 1, Restore(1));
        await held.ReleaseAsync();
        await stalled;
        Assert.Equal("m1+0", await OverviewAsync(host));
        Assert.Equal("m1+0", (await ArchiveAsync(host, 1)).Overview);
    });

    // Each has read the entry before the other's swap of it.
    [Fact]
    public Task Two_requests_for_the_same_change_make_one() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host one = await Host.RunAsync(cluster, container, Once);
        await CommitAsync(one, "m1");
        using Host other = await Host.StartAsync(cluster, container, Once);
        string incarnation = await one.Store.Sessions.IncarnationAsync(_key, Cancelled);
        DigestArchiveInput first = InputOf(incarnation, 1, DigestMode.Replace) with { Request = "1", Instructions = "first" };
        DigestArchiveInput second = first with { Request = "2", Instructions = "second" };
        await Task.WhenAll(one.DigestArchiveAsync(first), other.DigestArchiveAsync(second));
        DigestArchiveOutput[] ended = await Task.WhenAll(one.ChangeDigestAsync(first), other.ChangeDigestAsync(second));
        DigestArchiveOutput made = Assert.Single(ended, static o => o.Reason is null);
        Assert.Equal(2, made.Version);
        string which = made == ended[0] ? "first" : "second";
        Assert.Equal($"m1+0 ({which})", await OverviewAsync(one));
        Assert.Equal($"m1+0 ({which})", (await ArchiveAsync(other, 1)).Overview);
        Assert.Equal(2, (await one.Store.Digests.ListAsync(_key, 1, Cancelled)).Count);
    });

    [Fact]
    public Task A_switch_that_comes_late_does_not_bring_the_digest_before_back() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        await host.AppendAsync(_key, "m1");
        CommitInput first = await host.ClearAsync(_key, "c1");
        await host.SwitchAsync(first, new SemanticOutcome(ArchiveState.Uncovered, null));
        CommitInput retry = first with { Attempt = 2 };
        SemanticOutcome covered = await host.SemanticProcessAsync(retry);
        await host.SwitchAsync(retry, covered);
        DigestArchiveInput replace = InputOf(first.Incarnation, 1, DigestMode.Replace) with { Instructions = "prices" };
        await host.DigestArchiveAsync(replace);
        await host.ChangeDigestAsync(replace);
        await host.SwitchAsync(retry, covered);
        Assert.Equal("m1+0 (prices)", (await ArchiveAsync(host, 1)).Overview);
        Assert.Equal("m1+0 (prices)", await OverviewAsync(host));
    });

    [Fact]
    public Task A_degraded_archive_s_digest_that_comes_late_is_not_put_back() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container, Once);
        host.Processor.Before = static _ => throw new IOException("The model is away.");
        await CommitAsync(host, "m1");
        host.Processor.Before = static _ => Task.CompletedTask;
        using Host late = await Host.StartAsync(cluster, container, Once);
        late.Processor.Between = async _ =>
        {
            await host.DigestAgainAsync(_key);
            await host.DigestToEndAsync(_key, 1, s_replace with { Instructions = "prices" });
        };
        await late.DigestAgainAsync(_key);
        Assert.Equal("m1+0 (prices)", (await ArchiveAsync(host, 1)).Overview);
        Assert.Equal("m1+0 (prices)", await OverviewAsync(host));
        Assert.Equal(2, Assert.Single(await host.Store.Digests.ListAsync(_key, 1, Cancelled), static d => d.IsInPlace).Version);
    });

    // The id of a task that has failed is given to the next request, while a host may still be at the first one.
    [Theory]
    [InlineData(DigestMode.Preview)]
    [InlineData(DigestMode.Replace)]
    [InlineData(DigestMode.Restore)]
    public Task A_request_whose_change_another_one_has_made_does_not_end_as_done(DigestMode mode) => RunAsync(async (host, _) =>
    {
        await CommitAsync(host, "m1");
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        DigestArchiveInput first = InputOf(incarnation, 1, DigestMode.Replace);
        DigestArchiveInput second = InputOf(incarnation, 1, mode) with
        {
            Request = "fedcba9876543210fedcba9876543210",
            Version = mode == DigestMode.Restore ? 1 : null,
        };
        await host.DigestArchiveAsync(first);
        if (mode != DigestMode.Restore)
        {
            await host.DigestArchiveAsync(second);
        }

        await host.ChangeDigestAsync(first);
        await host.DigestToEndAsync(_key, 1, s_preview);
        DigestArchiveOutput lost = await host.ChangeDigestAsync(second);
        Assert.Equal((null, null), (lost.Version, lost.Dropped));
        Assert.Contains("other requests", lost.Reason, StringComparison.Ordinal);

        // What was made is, run again, made; where many came after it that cannot be said.
        Assert.Equal(new DigestArchiveOutput(2), await host.ChangeDigestAsync(first));
        for (int change = 3; change <= DigestChanges.MaxRequests; change++)
        {
            await host.DigestToEndAsync(_key, 1, Restore(2));
        }

        Assert.Equal(new DigestArchiveOutput(2), await host.ChangeDigestAsync(first));
        await host.DigestToEndAsync(_key, 1, Restore(2));
        Assert.NotNull((await host.ChangeDigestAsync(first)).Reason);
    });

    [Fact]
    public Task A_task_that_is_terminated_between_its_two_swaps_is_set_right_by_a_restore() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        string taskId;
        using (Host first = await Host.RunAsync(cluster, container, Once))
        {
            await CommitAsync(first, "m1");
            var held = new HoldsRequest();
            first.Faults.When(static r => r.Is("PUT", "manifests/"), held);
            taskId = (await first.Store.Digests.StartAsync(_key, 1, s_replace with { Instructions = "prices" }, Cancelled)).TaskId;
            await held.Arrived;
            await first.Client.TerminateInstanceAsync(taskId, null, Cancelled);
            await first.KillAsync();
        }

        using Host host = await Host.RunAsync(cluster, container, Once);
        DigestTask terminated = await host.Store.Digests.GetAsync(_key.Owner, taskId, Cancelled);
        Assert.Equal((CommitTaskStatus.Failed, "An operator terminated the task."), (terminated.Status, terminated.Error));
        Assert.Equal("m1+0 (prices)", (await ArchiveAsync(host, 1)).Overview);
        Assert.Equal("m1+0", await OverviewAsync(host));
        await host.DigestToEndAsync(_key, 1, Restore(2));
        Assert.Equal("m1+0 (prices)", await OverviewAsync(host));
        Assert.Equal(0, host.Processor.Calls);
        Assert.Empty(await AuditAsync(host));
    });

    [Fact]
    public Task Storage_that_is_away_for_minutes_loses_no_digest() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        await CommitAsync(host, "m1");
        DateTimeOffset back = cluster.Time.GetUtcNow() + TimeSpan.FromMinutes(3);
        host.Faults.When(
            r => r.Is("PUT", "manifests/") && cluster.Time.GetUtcNow() < back, Fault.Respond(503, "ServerBusy"), times: int.MaxValue);
        DigestTask task = await host.DigestToEndAsync(_key, 1, s_replace with { Instructions = "prices" });
        Assert.Equal((CommitTaskStatus.Completed, (string?)null), (task.Status, task.Error));
        Assert.Equal("m1+0 (prices)", await OverviewAsync(host));
        Assert.Equal(2, host.Processor.Calls);
    });

    [Fact]
    public Task A_session_that_is_deleted_meanwhile_stays_deleted() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(
            cluster, blobs.Name, Once with { TombstoneRetention = TimeSpan.FromMinutes(1) });
        await CommitAsync(host, "m1");
        await host.DigestToEndAsync(_key, 1, s_replace);
        host.Processor.Before = _ => host.Store.Sessions.DeleteAsync(_key, Cancelled);
        DigestTask task = await host.DigestToEndAsync(_key, 1, s_replace);
        Assert.Equal(CommitTaskStatus.Cancelled, task.Status);
        await Task.Delay(TimeSpan.FromMinutes(5), host.Time, Cancelled);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => host.Store.Sessions.GetAsync(_key, false, Cancelled));
        Assert.Empty(await NamesAsync(blobs));
    });

    [Fact]
    public Task A_quota_of_tokens_fails_the_task_and_says_so() => Simulated.RunAsync(async cluster =>
    {
        var model = new FakeProcessor { Usage = new TokenUsage(5, 2, 7) };
        SessionOptions options = Once with { Quotas = new QuotaSettings { ModelTokensPerDay = 7 } };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, options, model);
        await CommitAsync(host, "m1");
        DigestTask refused = await host.DigestToEndAsync(_key, 1, s_preview);
        Assert.Equal(CommitTaskStatus.Failed, refused.Status);
        Assert.Contains("ModelTokensPerDay", refused.Error, StringComparison.Ordinal);
        Assert.Single(await host.Store.Digests.ListAsync(_key, 1, Cancelled));
    });

    [Fact]
    public Task An_audit_takes_what_is_kept_for_no_orphan_and_reports_what_is_lost() => RunAsync(async (host, blobs) =>
    {
        await CommitAsync(host, "m1");
        await host.DigestToEndAsync(_key, 1, s_preview);
        await host.DigestToEndAsync(_key, 1, s_replace);
        Assert.Empty(await AuditAsync(host));

        // One of a request that has ended before its change.
        DigestArchiveInput given = InputOf(await host.Store.Sessions.IncarnationAsync(_key, Cancelled), 3, DigestMode.Preview);
        await host.DigestArchiveAsync(given);
        Finding orphan = Assert.Single(await AuditAsync(host));
        Assert.Equal(FindingKind.OrphanedStaging, orphan.Kind);
        Assert.Contains(given.Request, orphan.Blob, StringComparison.Ordinal);
        await blobs.GetBlobClient(orphan.Blob).DeleteAsync(cancellationToken: Cancelled);

        string kept = (await NamesAsync(blobs)).Single(static n => n.EndsWith("/semantic.json", StringComparison.Ordinal));
        await blobs.GetBlobClient(kept).DeleteAsync(cancellationToken: Cancelled);
        Finding lost = Assert.Single(await AuditAsync(host));
        Assert.Equal((FindingKind.DigestLost, kept), (lost.Kind, lost.Blob));
    });

    [Fact]
    public Task Answers_to_a_request_that_runs_are_in_use_and_those_of_one_that_has_failed_are_removed() => RunAsync(async (host, blobs) =>
    {
        await CommitAsync(host, "m1");
        DigestArchiveInput given = InputOf(await host.Store.Sessions.IncarnationAsync(_key, Cancelled), 1, DigestMode.Preview);
        string answer = ArchiveStore.AnswersOfRequestFolder(
            new CommitAttempt(_key, given.Incarnation, await CommitIdAsync(), 1), given.Request) + "answer.json";
        await blobs.GetBlobClient(answer).UploadAsync(BinaryData.FromString("{}"), Cancelled);
        var away = new TaskCompletionSource();
        host.Processor.Before = _ => away.Task;
        DigestTask task = await host.Store.Digests.StartAsync(_key, 1, s_preview, Cancelled);
        Assert.Empty(await AuditAsync(host));

        away.SetException(new IOException("The model is away."));
        task = await host.Store.Digests.WaitAsync(_key.Owner, task.TaskId, Cancelled)
            .WaitAsync(TimeSpan.FromMinutes(5), host.Time, Cancelled);
        Assert.Equal(CommitTaskStatus.Failed, task.Status);
        Finding orphan = Assert.Single(await AuditAsync(host));
        Assert.Equal((FindingKind.OrphanedStaging, answer), (orphan.Kind, orphan.Blob));

        async Task<CommitId> CommitIdAsync() => new((await host.Store.Archives.GetAsync(_key, 1, Cancelled)).Info.TaskId);
    });

    private static DigestRequest Restore(int version) => new(DigestMode.Restore) { Version = version };

    private static (int Version, bool IsInPlace, string Abstract, string Overview, string? Instructions) Seen(DigestInfo digest) =>
        (digest.Version, digest.IsInPlace, digest.Abstract, digest.Overview, digest.Instructions);

    private Task RunAsync(Func<Host, BlobContainerClient, Task> test) => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, blobs.Name, Once);
        await test(host, blobs);
    });

    private DigestArchiveInput InputOf(string incarnation, int change, DigestMode mode) =>
        new(_key, incarnation, 1, change, "0123456789abcdef0123456789abcdef", mode);

    private async Task CommitAsync(Host host, params string[] texts)
    {
        await host.AppendAsync(_key, texts);
        Assert.NotNull((await host.CommitToEndAsync(_key)).Output);
    }

    // A commit that is cancelled after clear-live.
    private async Task UncoverAsync(Host host, params string[] texts)
    {
        host.Processor.Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken);
        await host.AppendAsync(_key, texts);
        CommitTask cancelled = await host.CommitAsync(_key);
        await host.StageAsync(cancelled.TaskId, "summarizing");
        await host.Store.Tasks.CancelAsync(_key.Owner, cancelled.TaskId, Cancelled);
        await host.EndOfAsync(_key, cancelled.TaskId);
        host.Processor.Before = static _ => Task.CompletedTask;
    }

    private async Task<string> OverviewAsync(Host host) =>
        (await host.Store.Sessions.ReadContextAsync(_key, 1_000, Cancelled)).Overview;

    private async Task<(string Abstract, string Overview)> ArchiveAsync(Host host, int number)
    {
        ArchiveInfo info = (await host.Store.Archives.GetAsync(_key, number, Cancelled)).Info;
        ArchiveInfo listed = (await host.Store.Archives.ListAsync(_key, 1, number + 1, Cancelled)).Single();
        Assert.Equal(info.Abstract, listed.Abstract);
        return (info.Abstract, info.Overview);
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(BlobContainerClient blobs) =>
        await blobs.GetBlobsAsync(new GetBlobsOptions { Prefix = "archives/" }, Cancelled)
            .Select(static b => b.Name).ToListAsync(Cancelled);

    private static async Task<IReadOnlyList<Finding>> AuditAsync(Host host)
    {
        await Task.Delay(TimeSpan.FromMinutes(1), host.Time, Cancelled);
        var options = new AuditOptions { OrphanAge = TimeSpan.FromSeconds(1) };
        return await host.Store.Audit.RunAsync(options, cancellationToken: Cancelled).ToListAsync(Cancelled);
    }
}
