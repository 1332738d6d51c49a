using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>A client cancels and retries with keys, and repeats what it is not sure of: each is done once.</summary>
internal sealed record KeyedRetryAndCancel() : Scenario("retry and cancel with keys")
{
    private string? _taskId;
    private bool _isCancelledAgain;

    public override bool IsPreparedOnce => true;

    public override async Task PrepareAsync(Host host)
    {
        await SayAsync(host, "p1", "p2");
        Hold(host);
        CommitTask task = await host.CommitAsync(Key);
        await host.StageAsync(task.TaskId, "summarizing");
        await CancelAsync(host, task.TaskId, "cancel-1");
        Assert.Equal(CommitTaskStatus.Cancelled, (await host.EndOfAsync(Key, task.TaskId)).Status);
        _taskId = task.TaskId;
    }

    public override async Task ActAsync(Host host)
    {
        Hold(host);
        await RetryAsync(host, "retry");
        CommitTask? repeated = await CancelAsync(host, _taskId!, "cancel-1");
        if (!_isCancelledAgain)
        {
            // The attempt that this key ended is over: the one that was started since goes on.
            Assert.Equal(2, repeated?.Attempt);
            Assert.DoesNotContain(repeated!.Status, (CommitTaskStatus[])[CommitTaskStatus.Cancelling, CommitTaskStatus.Cancelled]);
        }

        _isCancelledAgain = true;
        await CancelAsync(host, _taskId!, "cancel-2");
        Assert.Equal(2, (await host.EndOfAsync(Key, _taskId!)).Attempt);
    }

    // On a host that was asked for none of it, after everything is over: all keys again, and nothing moves.
    public override async Task CheckAsync(Host fresh, Audit? audit)
    {
        CommitTask ended = await fresh.Store.Tasks.GetAsync(Key.Owner, _taskId!, Cancelled);
        Assert.True(ended.IsOver);
        Assert.Equal(2, ended.Attempt);
        Assert.Equal(Standing(ended), Standing(await RetryAsync(fresh, "retry")));
        await CancelAsync(fresh, _taskId!, "cancel-1");
        await CancelAsync(fresh, _taskId!, "cancel-2");
        Assert.Equal(Standing(ended), Standing(await fresh.Store.Tasks.GetAsync(Key.Owner, _taskId!, Cancelled)));
    }

    private static (CommitTaskStatus Status, int Attempt, DateTimeOffset MovedAt) Standing(CommitTask task) =>
        (task.Status, task.Attempt, task.UpdatedAt);

    private static void Hold(Host host) =>
        host.Processor.Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken);

    private Task<CommitTask> RetryAsync(Host host, string key) =>
        host.Store.Tasks.RetryAsync(Key.Owner, _taskId!, Words.Key(key), Cancelled);

    private static async Task<CommitTask?> CancelAsync(Host host, string taskId, string key)
    {
        try
        {
            return await host.Store.Tasks.CancelAsync(Key.Owner, taskId, Words.Key(key), Cancelled);
        }
        catch (TaskStatusException)
        {
            // The host that goes on after the crash has digested it before the cancellation came.
            return null;
        }
    }
}

/// <summary>A client takes memories back with a key, and repeats that after they were written again.</summary>
internal sealed record KeyedUndoOfMemories() : Scenario("undo with a key")
{
    private static readonly string[] TakenBack = ["green"];

    public override bool IsPreparedOnce => true;

    public override async Task PrepareAsync(Host host)
    {
        await SayAsync(host, "p1", "+preferences/tea=green", "+entities/bob=a friend");
        await host.CommitToEndAsync(Key);

        // Another key's answer is in the catalogue still, and makes room for this one's.
        await host.Store.Memories.UndoAsync(Key, 1, Words.Key("before"), Cancelled);
        await WriteAsync(host);
    }

    public override async Task ActAsync(Host host)
    {
        MemoryDiff? undone = await UndoAsync(host, "undo");
        Assert.Equal(TakenBack, undone!.Changes.Select(static c => c.Before!.Trim()));
    }

    public override async Task CheckAsync(Host fresh, Audit? audit)
    {
        Assert.Empty(await StoredMemories.AllAsync(fresh));
        await WriteAsync(fresh);
        IReadOnlyList<string> written = await StoredMemories.AllAsync(fresh);
        Assert.Equal(TakenBack, (await UndoAsync(fresh, "undo"))!.Changes.Select(static c => c.Before!.Trim()));
        Assert.Equal(2, (await UndoAsync(fresh, "before"))!.Changes.Count);
        Assert.Equal(written, await StoredMemories.AllAsync(fresh));
    }

    private static Task WriteAsync(Host host) =>
        host.Store.Memories.PutAsync(Key.Owner, MemoryCategory.Preferences, "tea", "green\n", new MemoryCondition(), Cancelled);

    private static Task<MemoryDiff?> UndoAsync(Host host, string key) => host.Store.Memories.UndoAsync(Key, 1, Words.Key(key), Cancelled);
}
