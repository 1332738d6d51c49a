using System.Text.Json.Nodes;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>What is done to a task with an idempotency key is done once, however the task ends.</summary>
[Collection(nameof(Simulated))]
public sealed class KeyedRequestTests
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static SessionOptions Failing => new() { Semantic = new SemanticPolicy { MaxAttempts = 1, FallBack = false } };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_key_starts_one_attempt_even_where_that_fails_too() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var broken = new FakeProcessor { Before = static _ => throw new IOException("The model is away.") };
        using Host host = await Host.RunAsync(cluster, container, Failing, broken);
        using Host other = await Host.RunAsync(cluster, container, Failing, broken);
        await host.AppendAsync(_key, "m1");
        string id = (await host.CommitToEndAsync(_key)).TaskId;

        Assert.Equal(2, (await RetryAsync(host, id, "one")).Attempt);
        Assert.Equal((CommitTaskStatus.Failed, 2), Standing(await host.EndOfAsync(_key, id)));
        Assert.Equal((CommitTaskStatus.Failed, 2), Standing(await RetryAsync(other, id, "one")));
        Assert.Equal(2, broken.Calls);
        await Assert.ThrowsAsync<IdempotencyKeyReusedException>(
            () => other.Store.Tasks.RetryAsync(_key.Owner, id, Words.Key("one", "another body"), Cancelled));
        Assert.Equal(3, (await RetryAsync(other, id, "two")).Attempt);
        await other.EndOfAsync(_key, id);
        Assert.Equal(3, broken.Calls);
    });

    [Fact]
    public Task A_retry_that_stalled_before_it_was_sent_starts_nothing_after_its_repetition_has_run() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var broken = new FakeProcessor { Before = static _ => throw new IOException("The model is away.") };
        using Host stalling = await Host.RunAsync(cluster, container, Failing, broken);
        using Host other = await Host.RunAsync(cluster, container, Failing, broken);
        await stalling.AppendAsync(_key, "m1");
        string id = (await stalling.CommitToEndAsync(_key)).TaskId;
        await stalling.QuietAsync();

        var held = new HoldsRequest();
        stalling.Faults.When(static r => r.Method == "PUT" && r.Blob.StartsWith("requests/", StringComparison.Ordinal), held);
        Task<CommitTask> stalled = stalling.Store.Tasks.RetryAsync(_key.Owner, id, Words.Key("one"), Cancelled);
        await held.Arrived;
        await RetryAsync(other, id, "one");
        await other.EndOfAsync(_key, id);
        await held.ReleaseAsync();
        Assert.Equal((CommitTaskStatus.Failed, 2), Standing(await stalled));
        Assert.Equal(2, broken.Calls);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_cancellation_that_stalled_while_its_attempt_ended_does_not_end_the_next_one(bool keyed) =>
        Simulated.RunAsync(async cluster =>
        {
            string container = (await cluster.NewContainerAsync()).Name;
            TaskCompletionSource[] runs = [new(), new()];
            TaskCompletionSource[] ends = [new(), new()];
            int calls = 0;
            var model = new FakeProcessor
            {
                Before = cancellationToken =>
                {
                    int call = calls++;
                    runs[call].SetResult();
                    return ends[call].Task.WaitAsync(cancellationToken);
                },
            };
            using Host host = await Host.RunAsync(cluster, container, Failing, model);
            using Host stalling = await Host.StartAsync(cluster, container, networkTimeout: TimeSpan.FromMinutes(1));
            await host.AppendAsync(_key, "m1");
            string id = (await host.CommitAsync(_key)).TaskId;
            await runs[0].Task.WaitAsync(TimeSpan.FromSeconds(30), cluster.Time, Cancelled);
            var held = new HoldsRequest();
            stalling.Faults.When(static r => r.Is("PUT", "orchestrations/active/"), held);
            Task<CommitTask> stalled = stalling.Store.Tasks.CancelAsync(_key.Owner, id, keyed ? Words.Key("one") : null, Cancelled);
            await held.Arrived;

            ends[0].SetException(new IOException("The model is away."));
            Assert.Equal((CommitTaskStatus.Failed, 1), Standing(await host.EndOfAsync(_key, id)));
            await RetryAsync(host, id, "two");
            await runs[1].Task.WaitAsync(TimeSpan.FromSeconds(30), cluster.Time, Cancelled);
            await held.ReleaseAsync();
            Assert.Equal((CommitTaskStatus.Running, 2), Standing(await stalled));
            Assert.True(await host.Client.RaiseEventAsync(id, CommitNames.TurnEvent, null, Cancelled));
            ends[1].SetResult();
            Assert.Equal((CommitTaskStatus.Completed, 2), Standing(await host.EndOfAsync(_key, id)));
        });

    [Theory]
    [InlineData("""{"reason":"by hand"}""")]
    [InlineData("""{"reason":"by hand","attempt":1}""")]
    [InlineData("null")]
    public Task A_cancellation_of_no_attempt_or_of_this_one_ends_it_and_one_of_another_does_not(string request) =>
        Simulated.RunAsync(async cluster =>
        {
            string container = (await cluster.NewContainerAsync()).Name;
            var runs = new TaskCompletionSource();
            var hanging = new FakeProcessor
            {
                Before = cancellationToken =>
                {
                    runs.TrySetResult();
                    return Task.Delay(Timeout.Infinite, cancellationToken);
                },
            };
            using Host host = await Host.RunAsync(cluster, container, Failing, hanging);
            await host.AppendAsync(_key, "m1");
            string id = (await host.CommitAsync(_key)).TaskId;
            await runs.Task.WaitAsync(TimeSpan.FromSeconds(30), cluster.Time, Cancelled);
            await host.Client.RaiseEventAsync(id, CommitNames.CancelEvent, new CancelRequest("of another", 7), Cancelled);
            Assert.Equal(CommitTaskStatus.Running, (await host.Store.Tasks.GetAsync(_key.Owner, id, Cancelled)).Status);
            await host.Client.RaiseEventAsync(id, CommitNames.CancelEvent, JsonNode.Parse(request), Cancelled);
            Assert.Equal((CommitTaskStatus.Cancelled, 1), Standing(await host.EndOfAsync(_key, id)));
        });

    [Fact]
    public Task Without_a_key_nothing_is_asked_about_keys() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var broken = new FakeProcessor { Before = static _ => throw new IOException("The model is away.") };
        using Host host = await Host.RunAsync(cluster, container, Failing, broken);
        await host.AppendAsync(_key, "m1");
        string id = (await host.CommitToEndAsync(_key)).TaskId;
        await host.Store.Tasks.RetryAsync(_key.Owner, id, idempotencyKey: null, Cancelled);
        await host.EndOfAsync(_key, id);
        await Assert.ThrowsAsync<TaskStatusException>(() => host.Store.Tasks.CancelAsync(_key.Owner, id, idempotencyKey: null, Cancelled));
        Assert.DoesNotContain(host.Log.Requests, static r => r.Blob.StartsWith("requests/", StringComparison.Ordinal));
        await RetryAsync(host, id, "one");
        Assert.Equal(2, host.Log.Requests.Count(static r => r.Blob.StartsWith("requests/", StringComparison.Ordinal)));
    });

    private (CommitTaskStatus Status, int Attempt) Standing(CommitTask task) => (task.Status, task.Attempt);

    private Task<CommitTask> RetryAsync(Host host, string id, string key) =>
        host.Store.Tasks.RetryAsync(_key.Owner, id, Words.Key(key), Cancelled);
}
