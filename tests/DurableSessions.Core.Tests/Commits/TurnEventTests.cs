using Azure;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>A commit that has switched has succeeded, even if the event that wakes the next one fails.</summary>
[Collection(nameof(Simulated))]
public sealed class TurnEventTests
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> Failures() => [.. Thrown.Keys];

    // What the clients of both engines throw, and what may come through them.
    private static Dictionary<string, Func<Exception>> Thrown { get; } = new()
    {
        ["the instance has gone"] = static () => new OrchestrationNotFoundException("c2"),
        ["it has all the events that it can hold"] = static () => new EngineLimitException("100 events"),
        ["it changes all the time"] = static () => new TimeoutException("changed 20 times"),
        ["storage is busy"] = static () => new RequestFailedException(503, "busy", "ServerBusy", null),
        ["storage is away"] = static () => new AggregateException(new RequestFailedException("no connection")),
        ["a request timed out"] = static () => new TaskCanceledException("the client's own timeout"),
        ["the scheduler is away"] = static () => new HttpRequestException("no connection"),
        ["the engine has stopped"] = static () => new ObjectDisposedException("engine"),
        ["the instance cannot be read"] = static () => new FormatException("no instance"),
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public Task A_switch_succeeds_although_the_next_commit_cannot_be_woken(string failure) => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        (CommitInput first, CommitInput second, SemanticOutcome digest) = await TwoPendingAsync(host);
        var deaf = new DeafClient(host.Client, () => Task.FromException<bool>(Thrown[failure]()));
        host.StoreClient = deaf;

        CommitProgress switched = await host.SwitchAsync(first, digest);

        Assert.Equal((1, ArchiveState.Covered), (switched.Number, switched.State));
        Assert.Equal(1, deaf.Raised);
        CommitProgress next = await host.SwitchAsync(second, await host.SemanticProcessAsync(second));
        Assert.Equal((2, ArchiveState.Covered), (next.Number, next.State));
    });

    [Fact]
    public Task A_step_that_is_cancelled_while_it_wakes_the_next_commit_ends_as_cancelled() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        (CommitInput first, _, SemanticOutcome digest) = await TwoPendingAsync(host);
        using var step = new CancellationTokenSource();
        host.StoreClient = new DeafClient(host.Client, async () =>
        {
            await step.CancelAsync();
            throw new OperationCanceledException(step.Token);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.SwitchAsync(first, digest, step.Token));

        host.StoreClient = null;
        Assert.Equal(ArchiveState.Covered, (await host.SwitchAsync(first, digest)).State);
    });

    [Fact]
    public Task A_commit_whose_successor_takes_no_more_events_completes_and_so_does_the_successor() => Simulated.RunAsync(async cluster =>
    {
        var goOn = new TaskCompletionSource();
        var processor = new FakeProcessor { Before = cancellationToken => goOn.Task.WaitAsync(cancellationToken) };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, processor: processor);
        await host.AppendAsync(_key, "m1");
        CommitTask first = await host.CommitAsync(_key);
        await host.StageAsync(first.TaskId, "summarizing");
        await host.AppendAsync(_key, "m2");
        CommitTask second = await host.CommitAsync(_key);
        await host.StageAsync(second.TaskId, "waiting_turn");
        for (int i = 0; i < EngineLimits.BufferedEvents; i++)
        {
            await host.Client.RaiseEventAsync(second.TaskId, "unheard", cancellationToken: Cancelled);
        }

        await Assert.ThrowsAsync<EngineLimitException>(
            () => host.Client.RaiseEventAsync(second.TaskId, "unheard", cancellationToken: Cancelled));
        goOn.SetResult();

        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, first.TaskId)).Status);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, second.TaskId)).Status);
    });

    private async Task<(CommitInput First, CommitInput Second, SemanticOutcome Digest)> TwoPendingAsync(Host host)
    {
        await host.AppendAsync(_key, "m1");
        CommitInput first = await host.ClearAsync(_key, "c1");
        await host.AppendAsync(_key, "m2");
        CommitInput second = await host.ClearAsync(_key, "c2");
        return (first, second, await host.SemanticProcessAsync(first));
    }
}
