using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>
/// Two commits are cancelled, the second when its digest of both archives is stored already. The first is tried again, and its user
/// changes what it remembered. Then the second is tried again: its new digest holds only what no other covers, so the change stands.
/// </summary>
internal sealed record RetryOutOfOrder() : Scenario("retry of two commits that one digest held")
{
    private string? _taskId;

    public override bool IsPreparedOnce => true;

    public override async Task PrepareAsync(Host host)
    {
        await SayAsync(host, "p1", "!profile/me=old");
        host.Processor.Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken);
        CommitTask first = await host.CommitAsync(Key);
        await host.StageAsync(first.TaskId, "summarizing");
        await CancelAsync(host, first);
        host.Processor.Before = static _ => Task.CompletedTask;

        await SayAsync(host, "p2");
        var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isOver = false;
        host.Faults.When(
            r => !isOver && IsDigest(r) && (r.Method == "PUT" ? stored.TrySetResult() || true : stored.Task.IsCompleted),
            Fault.DropAnswer,
            times: int.MaxValue);
        CommitTask second = await host.CommitAsync(Key);
        await stored.Task;
        await CancelAsync(host, second);
        isOver = true;
        await host.Store.Tasks.RetryAsync(Key.Owner, first.TaskId, Cancelled);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(Key, first.TaskId)).Status);
        await host.Store.Memories.PutAsync(Key.Owner, MemoryCategory.Profile, "me", "new\n", new MemoryCondition(), Cancelled);
        _taskId = second.TaskId;
    }

    public override async Task ActAsync(Host host)
    {
        try
        {
            await host.Store.Tasks.RetryAsync(Key.Owner, _taskId!, Cancelled);
        }
        catch (TaskStatusException)
        {
            // The first attempt is on its way, or over.
        }

        await host.EndOfAsync(Key, _taskId!);
    }

    public override async Task CheckAsync(Host fresh, Audit? audit)
    {
        Assert.Equal([ArchiveState.Covered, ArchiveState.Covered], audit!.Archives.Select(static a => a.State));
        Assert.Equal(["profile/me 2 new"], await StoredMemories.AllAsync(fresh));
        await StoredMemories.CheckReportsAsync(fresh, Key, 1);
    }

    private static bool IsDigest(StorageRequest request) =>
        request.Blob.StartsWith("archives/", StringComparison.Ordinal) && request.Blob.Contains("/semantic", StringComparison.Ordinal);

    private static async Task CancelAsync(Host host, CommitTask task)
    {
        await host.Store.Tasks.CancelAsync(Key.Owner, task.TaskId, Cancelled);
        Assert.Equal(CommitTaskStatus.Cancelled, (await host.EndOfAsync(Key, task.TaskId)).Status);
    }
}
