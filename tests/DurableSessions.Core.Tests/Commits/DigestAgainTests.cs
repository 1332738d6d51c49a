using System.Diagnostics.Metrics;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>An outage of the model heals: what the built-in digest stood in for is digested again.</summary>
[Collection(nameof(Simulated))]
public sealed class DigestAgainTests
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static SessionOptions Once => new()
    {
        Semantic = new SemanticPolicy { MaxAttempts = 1, Timeout = TimeSpan.FromSeconds(10) },
    };

    [Fact]
    public Task The_next_commit_that_the_model_digests_has_degraded_archives_digested_again() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        int healed = 0;
        using MeterListener listener = ListenToHealed(() => Interlocked.Increment(ref healed));
        await DegradeAsync(host, "m1", "+preferences/tea=green");
        await DegradeAsync(host, "m2");
        await host.AppendAsync(_key, "m3", "+entities/bob=a friend");
        CommitTask last = await host.CommitToEndAsync(_key);
        Assert.Equal(ArchiveState.Covered, last.Output!.State);
        Assert.Equal(new DigestAgainOutput(3, null), await host.EndOfDigestingAgainAsync(_key));

        Assert.Equal([ArchiveState.Covered, ArchiveState.Covered, ArchiveState.Covered], await StatesAsync(host));
        Assert.Equal("m1+1 m2+0 m3+1", await OverviewAsync(host));

        // Of all stores of the process.
        Assert.InRange(healed, 3, int.MaxValue);

        // One call for each failure, one for the last commit, and one for each of the three archives again.
        Assert.Equal(2 + 1 + 3, host.Processor.Calls);
        Assert.Equal(["preferences/tea 1 green", "entities/bob 1 a friend"], await StoredMemories.AllAsync(host));
        await StoredMemories.CheckReportsAsync(host, _key, 2);

        // Nothing is left to do.
        await host.AppendAsync(_key, "m4");
        await host.CommitToEndAsync(_key);
        Assert.Equal(2 + 1 + 3 + 1, host.Processor.Calls);
    });

    [Fact]
    public Task The_digest_before_is_kept() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, blobs.Name, Once);
        CommitTask degraded = await DegradeAsync(host, "m1");
        await host.DigestAgainAsync(_key);
        string folder = $"archives/acme/ada/s1/{await host.Store.Sessions.IncarnationAsync(_key, Cancelled)}/{degraded.TaskId}/1/";
        List<string> names = await blobs.GetBlobsAsync(new GetBlobsOptions { Prefix = folder }, Cancelled)
            .Select(b => b.Name[folder.Length..]).ToListAsync(Cancelled);
        Assert.Contains("semantic-fallback.json", names);
        Assert.Contains("semantic-again.json", names);
    });

    [Fact]
    public Task What_it_leaves_is_in_use() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);

        // One that was cancelled, and is covered by a degraded digest of its second attempt, which is the one before.
        host.Processor.Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken);
        await host.AppendAsync(_key, "m1", "+preferences/tea=green");
        CommitTask task = await host.CommitAsync(_key);
        await host.StageAsync(task.TaskId, "summarizing");
        await host.Store.Tasks.CancelAsync(_key.Owner, task.TaskId, Cancelled);
        await host.EndOfAsync(_key, task.TaskId);
        host.Processor.Before = static _ => throw new IOException("The model is away.");
        await host.Store.Tasks.RetryAsync(_key.Owner, task.TaskId, Cancelled);
        await host.EndOfAsync(_key, task.TaskId);
        Assert.Equal([ArchiveState.Degraded], await StatesAsync(host));
        host.Processor.Before = static _ => Task.CompletedTask;
        await host.Store.Tasks.RetryAsync(_key.Owner, task.TaskId, Cancelled);
        Assert.Equal(new DigestAgainOutput(1, null), await host.EndOfDigestingAgainAsync(_key));
        Assert.Equal([ArchiveState.Covered], await StatesAsync(host));

        await Task.Delay(TimeSpan.FromMinutes(1), host.Time, Cancelled);
        var options = new AuditOptions { OrphanAge = TimeSpan.FromSeconds(1) };
        Assert.Empty(await host.Store.Audit.RunAsync(options, cancellationToken: Cancelled).ToListAsync(Cancelled));
        Assert.Equal(["preferences/tea 1 green"], await StoredMemories.AllAsync(host));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_retry_has_the_archive_digested_again_and_its_task_tells_of_it(bool purged) => Simulated.RunAsync(async cluster =>
    {
        var model = new FakeProcessor { Usage = new TokenUsage(5, 2, 7) };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once, model);
        CommitTask degraded = await DegradeAsync(host, "m1", "+preferences/tea=green");
        Assert.NotNull(degraded.Output!.Reason);
        Assert.Equal(0, degraded.Output.Memories!.Changed.Values.Sum());

        CommitTask asked = await host.Store.Tasks.RetryAsync(_key.Owner, degraded.TaskId, Words.Key("retry"), Cancelled);
        Assert.Equal((CommitTaskStatus.Completed, 1), (asked.Status, asked.Attempt));
        Assert.Equal(new DigestAgainOutput(1, null), await host.EndOfDigestingAgainAsync(_key));

        if (purged)
        {
            Assert.True(await host.Client.PurgeInstanceAsync(degraded.TaskId, Cancelled));
        }

        CommitTask healed = await host.Store.Tasks.GetAsync(_key.Owner, degraded.TaskId, Cancelled);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Covered), (healed.Status, healed.Output!.State));
        Assert.Null(healed.Output.Reason);
        Assert.Equal(model.Usage, healed.Output.Usage);
        Assert.Equal(1, healed.Output.Memories!.Changed[MemoryCategory.Preferences]);
        Assert.True(healed.UpdatedAt > degraded.UpdatedAt);
        if (purged)
        {
            return;
        }

        CommitTask repeated = await host.Store.Tasks.RetryAsync(_key.Owner, degraded.TaskId, Words.Key("retry"), Cancelled);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Covered), (repeated.Status, repeated.Output!.State));
        CommitTask listed = Assert.Single(await host.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery { Limit = 10 }, Cancelled));
        Assert.Equal(ArchiveState.Covered, listed.Output!.State);

        // It is digested, and no attempt of the commit has failed.
        await Assert.ThrowsAsync<TaskStatusException>(() => host.Store.Tasks.RetryAsync(_key.Owner, degraded.TaskId, Cancelled));
    });

    [Fact]
    public Task A_session_that_cannot_be_read_holds_up_no_other() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, blobs.Name, Once);
        await DegradeAsync(host, "m1");
        BlobClient damaged = blobs.GetBlobClient("manifests/acme/ada/damaged.json");
        await damaged.UploadAsync(
            BinaryData.FromString("{"),
            new BlobUploadOptions { Metadata = new Dictionary<string, string> { [ManifestStore.DegradedMetadata] = "true" } },
            Cancelled);
        Assert.Equal(new DigestAgainPage(1, null), await host.Store.Sessions.DigestAgainAsync(null, 10, null, null, Cancelled));
        Assert.Equal(new DigestAgainOutput(1, null), await host.EndOfDigestingAgainAsync(_key));
    });

    [Fact]
    public Task Where_the_model_is_away_again_the_rest_waits_for_the_next_start() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        CommitTask first = await DegradeAsync(host, "m1");
        await DegradeAsync(host, "m2");
        int calls = 0;
        host.Processor.Before = _ => ++calls == 1 ? Task.CompletedTask : throw new IOException("The model is away.");
        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        DigestAgainOutput? broken = await host.EndOfDigestingAgainAsync(_key);
        Assert.Equal(1, broken!.Archives);
        Assert.Contains("the digest failed", broken.Reason, StringComparison.Ordinal);
        Assert.Equal([ArchiveState.Degraded, ArchiveState.Covered], await StatesAsync(host));
        await Assert.ThrowsAsync<TaskStatusException>(() => host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled));

        host.Processor.Before = static _ => Task.CompletedTask;
        await host.AppendAsync(_key, "m3");
        await host.CommitToEndAsync(_key);
        Assert.Equal(new DigestAgainOutput(2, null), await host.EndOfDigestingAgainAsync(_key));
        Assert.Equal("m1+0 m2+0 m3+0", await OverviewAsync(host));
    });

    [Theory]
    [InlineData("unusable")]
    [InlineData("refused")]
    public Task An_archive_of_which_the_model_makes_nothing_holds_up_no_other(string how) => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        CommitTask first = await DegradeAsync(host, "m1");
        await DegradeAsync(host, "m2");
        int calls = 0;
        host.Processor.Before = token => ++calls <= 4 ? FailAsync(how, token) : Task.CompletedTask;
        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        Assert.Equal(new DigestAgainOutput(2, null), await host.EndOfDigestingAgainAsync(_key));

        // Four for the first archive, one for a short message, one for the second archive.
        Assert.Equal(6, calls);
        Assert.Equal([ArchiveState.Covered, ArchiveState.Degraded], await StatesAsync(host));
        Assert.Equal(ArchiveState.Degraded, (await host.Store.Tasks.GetAsync(_key.Owner, first.TaskId, Cancelled)).Output!.State);
    });

    [Theory]
    [InlineData("unusable")]
    [InlineData("refused")]
    [InlineData("too slow")]
    public Task A_model_that_makes_nothing_of_anything_passes_over_no_archive(string how) => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        CommitTask first = await DegradeAsync(host, "m1");
        host.Processor.Before = token => FailAsync(how, token);
        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        Assert.Equal(0, (await host.EndOfDigestingAgainAsync(_key))!.Archives);

        host.Processor.Before = static _ => Task.CompletedTask;
        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        Assert.Equal(new DigestAgainOutput(1, null), await host.EndOfDigestingAgainAsync(_key));
        Assert.Equal([ArchiveState.Covered], await StatesAsync(host));
    });

    [Fact]
    public Task A_search_finds_what_the_model_says_of_an_archive_that_was_digested_again() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        host.Fallback.Says = " roughly";
        host.Processor.Says = " precisely";
        CommitTask degraded = await DegradeAsync(host, "m1");
        Assert.Equal("1 messages roughly", await FoundAsync("messages"));
        Assert.Equal("1 messages roughly", await FoundAsync("messages"));
        await host.Store.Tasks.RetryAsync(_key.Owner, degraded.TaskId, Cancelled);
        await host.EndOfDigestingAgainAsync(_key);
        Assert.Equal("1 messages precisely", await FoundAsync("messages"));
        Assert.Equal("1 messages precisely", await FoundAsync("precisely"));
        Assert.Null(await FoundAsync("roughly"));

        async Task<string?> FoundAsync(string query) =>
            (await host.Store.MemorySearch.SearchAsync(_key.Owner, query, 10, where: null, Cancelled)).SingleOrDefault()?.Archive?.Abstract;
    });

    [Fact]
    public Task After_two_that_are_passed_over_in_a_row_the_rest_waits_for_the_next_start() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        CommitTask first = await DegradeAsync(host, "m1");
        await DegradeAsync(host, "m2");
        CommitTask third = await DegradeAsync(host, "m3");

        // Four for an archive, and one for a short message, which it digests.
        int calls = 0;
        host.Processor.Before = token => ++calls % 5 == 0 ? Task.CompletedTask : FailAsync("refused", token);
        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        DigestAgainOutput? output = await host.EndOfDigestingAgainAsync(_key);
        Assert.Equal((2, 10), (output!.Archives, calls));
        Assert.Contains("in a row", output.Reason, StringComparison.Ordinal);

        host.Processor.Before = static _ => Task.CompletedTask;
        await host.Store.Tasks.RetryAsync(_key.Owner, third.TaskId, Cancelled);
        Assert.Equal(new DigestAgainOutput(1, null), await host.EndOfDigestingAgainAsync(_key));
        Assert.Equal([ArchiveState.Covered, ArchiveState.Degraded, ArchiveState.Degraded], await StatesAsync(host));
    });

    // A host died between the swap that covered the first archive and its entry, and another has digested the second since.
    [Theory]
    [InlineData("running")]
    [InlineData("terminated")]
    [InlineData("purged")]
    public Task An_archive_whose_entry_is_still_to_name_its_digest_is_not_passed_over(string commit) => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, blobs.Name, Once);
        await host.AppendAsync(_key, "m1");
        CommitInput first = await host.ClearAsync(_key, "c1");
        await host.SwitchAsync(first, new SemanticOutcome(ArchiveState.Uncovered, null));
        BlobClient entry = blobs.GetBlobClient($"archives/acme/ada/s1/{first.Incarnation}/index/00000001.json");
        BinaryData uncovered = (await entry.DownloadContentAsync(Cancelled)).Value.Content;
        CommitInput retry = first with { Attempt = 2 };
        SemanticOutcome degraded = await host.SemanticProcessAsync(retry, fallback: true);
        await host.SwitchAsync(retry, degraded);
        BinaryData covered = (await entry.DownloadContentAsync(Cancelled)).Value.Content;
        await entry.UploadAsync(uncovered, overwrite: true, Cancelled);
        await host.AppendAsync(_key, "m2");
        CommitInput second = await host.ClearAsync(_key, "c2");
        await host.SwitchAsync(second, await host.SemanticProcessAsync(second));

        if (commit != "purged")
        {
            await host.Client.ScheduleNewOrchestrationInstanceAsync(
                CommitNames.Orchestrator, retry, new StartOrchestrationOptions(first.CommitId.Value), Cancelled);
        }

        if (commit == "terminated")
        {
            await host.Client.TerminateInstanceAsync(first.CommitId.Value, "ended", Cancelled);
            using Host engine = await Host.RunAsync(cluster, blobs.Name, Once);
            await engine.Client.WaitForInstanceCompletionAsync(first.CommitId.Value, Cancelled);
        }

        if (commit != "running")
        {
            // No host will amend the entry.
            Assert.Equal(1, (await host.DigestAgainAsync(_key)).Number);
            return;
        }

        await Assert.ThrowsAnyAsync<Exception>(() => host.DigestAgainAsync(_key));
        await entry.UploadAsync(covered, overwrite: true, Cancelled);
        Assert.Equal(1, (await host.DigestAgainAsync(_key)).Number);
        Assert.Equal(2, (await host.DigestAgainAsync(_key)).Number);
        Assert.Equal([ArchiveState.Covered, ArchiveState.Covered], await StatesAsync(host));
        Assert.Equal(3 + 1, host.Processor.Calls + host.Fallback.Calls);
    });

    [Fact]
    public Task Two_hosts_that_digest_the_same_archive_again_apply_its_memories_once() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host one = await Host.RunAsync(cluster, container, Once);
        await DegradeAsync(one, "m1", "+preferences/tea=green");
        using Host other = await Host.StartAsync(cluster, container, Once);
        await Task.WhenAll(one.DigestAgainAsync(_key), other.DigestAgainAsync(_key));
        while ((await other.DigestAgainAsync(_key)).Number is not null)
        {
        }

        using Host fresh = await Host.StartAsync(cluster, container);
        Assert.Equal([ArchiveState.Covered], await StatesAsync(fresh));
        Assert.Equal("m1+1", await OverviewAsync(fresh));
        Assert.Equal(["preferences/tea 1 green"], await StoredMemories.AllAsync(fresh));
        Assert.Equal(1, (await fresh.Store.Sessions.GetAsync(_key, false, Cancelled)).MemoriesExtracted);
    });

    [Fact]
    public Task Memories_that_a_model_has_extracted_already_are_not_applied_again() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        CommitTask first = await DegradeAsync(host, "m1");
        int calls = 0;
        host.Processor.Before = _ => ++calls == 1 ? Task.CompletedTask : throw new IOException("The model is away.");
        await host.AppendAsync(_key, "m2", "+events/e=x");
        await host.CommitToEndAsync(_key);
        Assert.Equal(0, (await host.EndOfDigestingAgainAsync(_key))!.Archives);
        await host.Store.Memories.DeleteAsync(_key.Owner, MemoryCategory.Events, "e", new MemoryCondition(), Cancelled);

        // The catalogue forgets commits that are closed with the next one's changes.
        host.Processor.Before = static _ => Task.CompletedTask;
        SessionKey other = _key with { Id = "s2" };
        await host.AppendAsync(other, "+events/f=y");
        await host.CommitToEndAsync(other);

        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        Assert.Equal(new DigestAgainOutput(2, null), await host.EndOfDigestingAgainAsync(_key));
        Assert.Equal(["events/f 1 y"], await StoredMemories.AllAsync(host));
    });

    // Its words are older than what is there.
    [Fact]
    public Task It_adds_to_memories_and_replaces_and_deletes_nothing() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        CommitTask first = await DegradeAsync(host, "!preferences/city=Paris", "-events/e", "+events/f=z", "+entities/new=n");
        host.Processor.Before = static _ => Task.CompletedTask;
        SessionKey other = _key with { Id = "s2" };
        await host.AppendAsync(other, "+preferences/city=Berlin", "+events/e=x", "+events/f=y");
        await host.CommitToEndAsync(other);

        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        Assert.Equal(new DigestAgainOutput(1, null), await host.EndOfDigestingAgainAsync(_key));
        Assert.Equal(
            ["preferences/city 1 Berlin", "entities/new 1 n", "events/e 1 x", "events/f 2 y z"], await StoredMemories.AllAsync(host));
        CommitTask task = await host.Store.Tasks.GetAsync(_key.Owner, first.TaskId, Cancelled);
        Assert.Equal(["city", "e"], task.Output!.Memories!.Skipped.Select(static s => s.Name));
    });

    [Fact]
    public Task A_host_that_comes_late_applies_nothing_again() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, blobs.Name, Once);
        CommitTask degraded = await DegradeAsync(host, "m1", "+preferences/tea=green");
        using Host late = await Host.StartAsync(cluster, blobs.Name, Once);
        late.Processor.Between = async _ =>
        {
            await host.DigestAgainAsync(_key);
            await host.Store.Memories.DeleteAsync(_key.Owner, MemoryCategory.Preferences, "tea", new MemoryCondition(), Cancelled);

            // The catalogue forgets commits that are closed with the next one's changes.
            await host.AppendAsync(_key, "m2", "+events/e=x");
            await host.CommitToEndAsync(_key);
        };
        await late.DigestAgainAsync(_key);
        BlobClient catalogue = blobs.GetBlobClient("memories/acme/ada/catalogue.json");
        string now = (await catalogue.DownloadContentAsync(Cancelled)).Value.Content.ToString();
        Assert.DoesNotContain(degraded.TaskId, now, StringComparison.Ordinal);
        Assert.Equal(["events/e 1 x"], await StoredMemories.AllAsync(host));
        Assert.Equal([ArchiveState.Covered, ArchiveState.Covered], await StatesAsync(late));
    });

    [Fact]
    public Task A_switch_that_comes_late_does_not_bring_the_digest_before_back() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        await host.AppendAsync(_key, "m1");
        CommitInput first = await host.ClearAsync(_key, "c1");
        await host.SwitchAsync(first, new SemanticOutcome(ArchiveState.Uncovered, null));
        CommitInput retry = first with { Attempt = 2 };
        SemanticOutcome degraded = await host.SemanticProcessAsync(retry, fallback: true);
        await host.SwitchAsync(retry, degraded);
        Assert.Equal([ArchiveState.Degraded], await StatesAsync(host));
        await host.DigestAgainAsync(_key);
        Assert.Equal([ArchiveState.Covered], await StatesAsync(host));

        await host.SwitchAsync(retry, degraded);
        Assert.Equal([ArchiveState.Covered], await StatesAsync(host));
    });

    [Fact]
    public Task An_archive_that_was_uncovered_between_is_in_the_digest_that_covers_it() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Once);
        CommitTask first = await DegradeAsync(host, "m1");
        host.Processor.Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken);
        await host.AppendAsync(_key, "m2");
        CommitTask cancelled = await host.CommitAsync(_key);
        await host.StageAsync(cancelled.TaskId, "summarizing");
        await host.Store.Tasks.CancelAsync(_key.Owner, cancelled.TaskId, Cancelled);
        await host.EndOfAsync(_key, cancelled.TaskId);
        await DegradeAsync(host, "m3");

        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        Assert.Equal(new DigestAgainOutput(3, null), await host.EndOfDigestingAgainAsync(_key));
        Assert.Equal([ArchiveState.Covered, ArchiveState.Covered, ArchiveState.Covered], await StatesAsync(host));
        Assert.Equal("m1+0 m2+1", await OverviewAsync(host));
    });

    [Fact]
    public Task A_session_that_is_deleted_meanwhile_stays_deleted() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        var options = Once with { TombstoneRetention = TimeSpan.FromMinutes(1) };
        using Host host = await Host.RunAsync(cluster, blobs.Name, options);
        CommitTask degraded = await DegradeAsync(host, "m1", "+preferences/tea=green");
        string instance = new DigestAgainInput(_key, await host.Store.Sessions.IncarnationAsync(_key, Cancelled)).InstanceId;
        host.Processor.Before = _ => host.Store.Sessions.DeleteAsync(_key, Cancelled);
        await host.Store.Tasks.RetryAsync(_key.Owner, degraded.TaskId, Cancelled);
        await host.Client.WaitForInstanceCompletionAsync(instance, Cancelled).WaitAsync(TimeSpan.FromMinutes(5), host.Time, Cancelled);
        await Task.Delay(TimeSpan.FromMinutes(5), host.Time, Cancelled);

        await Assert.ThrowsAsync<SessionNotFoundException>(() => host.Store.Sessions.GetAsync(_key, false, Cancelled));
        Assert.Empty(await StoredMemories.AllAsync(host));
        List<string> left = await blobs.GetBlobsAsync(new GetBlobsOptions { Prefix = "archives/" }, Cancelled)
            .Select(static b => b.Name).ToListAsync(Cancelled);
        Assert.Empty(left);
    });

    [Fact]
    public Task An_account_over_its_quota_of_tokens_keeps_its_degraded_archives() => Simulated.RunAsync(async cluster =>
    {
        var model = new FakeProcessor { Usage = new TokenUsage(5, 2, 7) };
        SessionOptions options = Once with { Quotas = new QuotaSettings { ModelTokensPerDay = 7 } };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, options, model);
        CommitTask first = await DegradeAsync(host, "m1");
        await DegradeAsync(host, "m2");
        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        DigestAgainOutput? spent = await host.EndOfDigestingAgainAsync(_key);
        Assert.Equal(1, spent!.Archives);
        Assert.Contains("ModelTokensPerDay", spent.Reason, StringComparison.Ordinal);
        Assert.Equal([ArchiveState.Degraded, ArchiveState.Covered], await StatesAsync(host));
    });

    // A commit that the built-in digest ends, because the model is away for as long.
    private async Task<CommitTask> DegradeAsync(Host host, params string[] texts)
    {
        host.Processor.Before = static _ => throw new IOException("The model is away.");
        await host.AppendAsync(_key, texts);
        CommitTask task = await host.CommitToEndAsync(_key);
        Assert.Equal(ArchiveState.Degraded, task.Output!.State);
        host.Processor.Before = static _ => Task.CompletedTask;
        return task;
    }

    // The newest first.
    private async Task<IReadOnlyList<ArchiveState>> StatesAsync(Host host) =>
        [.. (await host.Store.Archives.ListAsync(_key, 10, null, Cancelled)).Select(static a => a.State)];

    private async Task<string> OverviewAsync(Host host) =>
        (await host.Store.Sessions.ReadContextAsync(_key, 1_000, Cancelled)).Overview;

    private static MeterListener ListenToHealed(Action counted)
    {
        var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listening) =>
        {
            if (instrument.Name == "durable_sessions.archives.healed")
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => counted());
        listener.Start();
        return listener;
    }

    private static Task FailAsync(string how, CancellationToken cancellationToken) => how switch
    {
        "unusable" => throw new FailedModelException(ModelFailure.Unusable, null),
        "refused" => throw new FailedModelException(ModelFailure.Refused, 400),
        _ => Task.Delay(Timeout.Infinite, cancellationToken),
    };

    private sealed class FailedModelException(ModelFailure failure, int? status) : Exception("It failed."), IModelFailure
    {
        public ModelFailure Failure => failure;

        public int? HttpStatus => status;
    }
}
