using System.Collections.Concurrent;
using global::DurableTask.Core;
using global::DurableTask.Core.History;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// One host's part of the hub. Its service lends work for ever, or for long; a scheduler takes it back from a host that is gone, gives it
/// to another, and hears nothing more from the first. So does this. Each call of an activity is lent under a number of its own: the gRPC
/// server knows it by its instance and its number, which are the same in the next run of an instance while the call before still runs.
/// </summary>
internal sealed class Leases(IOrchestrationService hub, Histories histories) : IOrchestrationService
{
    private readonly ConcurrentDictionary<TaskOrchestrationWorkItem, bool> _orchestrations = new();
    private readonly ConcurrentDictionary<TaskActivityWorkItem, TaskActivityWorkItem> _activities = new();
    private readonly CancellationTokenSource _over = new();
    private int _calls;

    public int TaskOrchestrationDispatcherCount => 1;

    public int MaxConcurrentTaskOrchestrationWorkItems => 20;

    public BehaviorOnContinueAsNew EventBehaviourForContinueAsNew => hub.EventBehaviourForContinueAsNew;

    public int TaskActivityDispatcherCount => 1;

    public int MaxConcurrentTaskActivityWorkItems => 20;

    public async Task EndAsync()
    {
        await _over.CancelAsync();
        foreach (TaskOrchestrationWorkItem item in _orchestrations.Keys)
        {
            if (_orchestrations.TryRemove(item, out _))
            {
                await hub.AbandonTaskOrchestrationWorkItemAsync(item);
                await hub.ReleaseTaskOrchestrationWorkItemAsync(item);
            }
        }

        foreach (TaskActivityWorkItem item in _activities.Keys)
        {
            await AbandonTaskActivityWorkItemAsync(item);
        }
    }

    public async Task<TaskOrchestrationWorkItem> LockNextTaskOrchestrationWorkItemAsync(
        TimeSpan receiveTimeout, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _over.Token);
        TaskOrchestrationWorkItem? item = await hub.LockNextTaskOrchestrationWorkItemAsync(receiveTimeout, either.Token);
        if (item is null)
        {
            return null!;
        }

        _orchestrations[item] = true;
        if (_over.IsCancellationRequested && _orchestrations.TryRemove(item, out _))
        {
            await hub.AbandonTaskOrchestrationWorkItemAsync(item);
            await hub.ReleaseTaskOrchestrationWorkItemAsync(item);
            throw new OperationCanceledException();
        }

        return item;
    }

    public async Task<TaskActivityWorkItem> LockNextTaskActivityWorkItem(TimeSpan receiveTimeout, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _over.Token);
        TaskActivityWorkItem? item = await hub.LockNextTaskActivityWorkItem(receiveTimeout, either.Token);
        if (item is null)
        {
            return null!;
        }

        TaskActivityWorkItem lent = Lend(item);
        _activities[lent] = item;
        if (_over.IsCancellationRequested)
        {
            await AbandonTaskActivityWorkItemAsync(lent);
            throw new OperationCanceledException();
        }

        return lent;
    }

    public async Task CompleteTaskOrchestrationWorkItemAsync(
        TaskOrchestrationWorkItem workItem, OrchestrationRuntimeState newOrchestrationRuntimeState, IList<TaskMessage> outboundMessages,
        IList<TaskMessage> orchestratorMessages, IList<TaskMessage> timerMessages, TaskMessage continuedAsNewMessage,
        OrchestrationState orchestrationState)
    {
        if (_orchestrations.ContainsKey(workItem))
        {
            histories.Record(workItem.InstanceId, newOrchestrationRuntimeState.Events);
            await hub.CompleteTaskOrchestrationWorkItemAsync(
                workItem,
                newOrchestrationRuntimeState,
                outboundMessages,
                orchestratorMessages,
                timerMessages,
                continuedAsNewMessage,
                orchestrationState);
        }
    }

    public Task ReleaseTaskOrchestrationWorkItemAsync(TaskOrchestrationWorkItem workItem) =>
        _orchestrations.TryRemove(workItem, out _) ? hub.ReleaseTaskOrchestrationWorkItemAsync(workItem) : Task.CompletedTask;

    public Task AbandonTaskOrchestrationWorkItemAsync(TaskOrchestrationWorkItem workItem) =>
        _orchestrations.ContainsKey(workItem) ? hub.AbandonTaskOrchestrationWorkItemAsync(workItem) : Task.CompletedTask;

    public Task CompleteTaskActivityWorkItemAsync(TaskActivityWorkItem workItem, TaskMessage responseMessage) =>
        _activities.TryRemove(workItem, out TaskActivityWorkItem? item)
            ? hub.CompleteTaskActivityWorkItemAsync(item, Response(item, responseMessage.Event))
            : Task.CompletedTask;

    public Task AbandonTaskActivityWorkItemAsync(TaskActivityWorkItem workItem) =>
        _activities.TryRemove(workItem, out TaskActivityWorkItem? item)
            ? hub.AbandonTaskActivityWorkItemAsync(item)
            : Task.CompletedTask;

    public Task RenewTaskOrchestrationWorkItemLockAsync(TaskOrchestrationWorkItem workItem) => Task.CompletedTask;

    public Task<TaskActivityWorkItem> RenewTaskActivityWorkItemLockAsync(TaskActivityWorkItem workItem) => Task.FromResult(workItem);

    public bool IsMaxMessageCountExceeded(int currentMessageCount, OrchestrationRuntimeState runtimeState) => false;

    public int GetDelayInSecondsAfterOnProcessException(Exception exception) => hub.GetDelayInSecondsAfterOnProcessException(exception);

    public int GetDelayInSecondsAfterOnFetchException(Exception exception) => hub.GetDelayInSecondsAfterOnFetchException(exception);

    public Task StartAsync() => Task.CompletedTask;

    public Task StopAsync() => Task.CompletedTask;

    public Task StopAsync(bool isForced) => Task.CompletedTask;

    public Task CreateAsync() => Task.CompletedTask;

    public Task CreateAsync(bool recreateInstanceStore) => Task.CompletedTask;

    public Task CreateIfNotExistsAsync() => Task.CompletedTask;

    public Task DeleteAsync() => throw new NotSupportedException();

    public Task DeleteAsync(bool deleteInstanceStore) => throw new NotSupportedException();

    private TaskActivityWorkItem Lend(TaskActivityWorkItem item)
    {
        var call = (TaskScheduledEvent)item.TaskMessage.Event;
        return new TaskActivityWorkItem
        {
            Id = item.Id,
            LockedUntilUtc = item.LockedUntilUtc,
            TaskMessage = new TaskMessage
            {
                OrchestrationInstance = item.TaskMessage.OrchestrationInstance,
                Event = new TaskScheduledEvent(Interlocked.Increment(ref _calls), call.Name!, call.Version, call.Input)
                {
                    Tags = call.Tags,
                },
            },
        };
    }

    private static TaskMessage Response(TaskActivityWorkItem item, HistoryEvent end) => new()
    {
        OrchestrationInstance = item.TaskMessage.OrchestrationInstance,
        Event = end is TaskFailedEvent failed
            ? new TaskFailedEvent(-1, item.TaskMessage.Event.EventId, failed.Reason, failed.Details, failed.FailureDetails)
            : new TaskCompletedEvent(-1, item.TaskMessage.Event.EventId, ((TaskCompletedEvent)end).Result),
    };
}
