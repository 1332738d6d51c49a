using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine;

/// <summary>
/// The client of the embedded engine: reaches the instances of its own host in memory, and all others through storage. No
/// call sends a request once its host is gone.
/// </summary>
internal sealed partial class EmbeddedClient(
    InstanceStore store,
    InstanceScheduler scheduler,
    InstanceReader reader,
    InstanceWaiter waiter,
    MessageSender sender,
    InstanceListing listing,
    EngineLifetime lifetime,
    TimeProvider time) : OrchestrationClient
{
    public override async Task<OrchestrationMetadata> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName,
        object? input = null,
        StartOrchestrationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(orchestratorName);
        options ??= new StartOrchestrationOptions();
        string id = options.InstanceId ?? Guid.CreateVersion7().ToString("N");
        Check(id);
        if (options.FairnessKey is { } key && !ValidFairnessKey().IsMatch(key))
        {
            throw new ArgumentException("A fairness key is 1 to 300 visible characters of ASCII.", nameof(options));
        }

        using CancellationTokenSource linked = Linked(cancellationToken);
        await store.EnsureClockAsync(linked.Token);
        DateTimeOffset now = time.GetUtcNow();
        var instance = new InstanceDocument
        {
            Name = orchestratorName,
            Id = id,
            FairnessKey = options.FairnessKey,
            Tags = options.Tags.Count == 0 ? null : options.Tags,
            Status = OrchestrationRuntimeStatus.Pending,
            Input = Payloads.Write(input, "input of the orchestration", EngineLimits.PayloadBytes),
            Created = now,
            Updated = now,
            WriteId = InstanceDocument.NewWriteId(),
            History = [new HistoryEntry { Type = HistoryEventType.ExecutionStarted, Time = now, Name = orchestratorName }],
        };
        bool isFresh = options.InstanceId is null || options.IsFreshId;
        return (await scheduler.ScheduleAsync(instance, isFresh, options, linked.Token)).ToMetadata();
    }

    public override async Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        return await reader.ReadAsync(instanceId, linked.Token);
    }

    public override async Task<OrchestrationMetadata> WaitForInstanceAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        return await waiter.WaitAsync(instanceId, predicate, linked.Token);
    }

    public override async Task<bool> RaiseEventAsync(
        string instanceId, string eventName, object? payload = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return await SendAsync(instanceId, InstanceMessages.Event(eventName, payload, time.GetUtcNow()), cancellationToken);
    }

    public override Task TerminateInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendAsync(instanceId, InstanceMessages.Control(HistoryEventType.ExecutionTerminated, reason, time.GetUtcNow()), cancellationToken);

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendAsync(instanceId, InstanceMessages.Control(HistoryEventType.ExecutionSuspended, reason, time.GetUtcNow()), cancellationToken);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendAsync(instanceId, InstanceMessages.Control(HistoryEventType.ExecutionResumed, reason, time.GetUtcNow()), cancellationToken);

    public override Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken = default) =>
        PurgeAsync(instanceId, null, cancellationToken);

    public override Task<bool> PurgeEndedAsync(OrchestrationMetadata ended, CancellationToken cancellationToken) =>
        PurgeAsync(ended.InstanceId, ended.Generation, cancellationToken);

    private async Task<bool> PurgeAsync(string instanceId, int? generation, CancellationToken cancellationToken)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);

        // Finished first: an instance that is found there, with nothing live after it, has ended, and is what is deleted.
        StoredInstance? finished = await store.FindFinishedAsync(instanceId, linked.Token);
        if (finished is null
            || (generation is not null && finished.Document.Generation != generation)
            || await store.ViewAsync(instanceId, linked.Token) is not { Live: null } view)
        {
            return false;
        }

        if (finished.Document.IsUnreadable)
        {
            await store.DeleteKeptAsync(instanceId, linked.Token);
        }

        // The ghost first: without its finished blob it would count as an instance.
        return (view.Ghost is not { } ghost
                || await store.DeleteActiveAsync(instanceId, ghost.ETag, store.ClientDeadline, linked.Token) != DeleteResult.Changed)
            && await store.DeleteFinishedAsync(instanceId, finished.ETag, store.ClientDeadline, linked.Token) != DeleteResult.Changed;
    }

    public override async Task<OrchestrationPage> ListInstancesAsync(
        OrchestrationQuery query, CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource linked = Linked(cancellationToken);
        return await listing.ListAsync(query, linked.Token);
    }

    public override async Task<IReadOnlyList<OrchestrationHistoryEvent>?> GetHistoryAsync(
        string instanceId, CancellationToken cancellationToken = default)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        InstanceDocument? instance = (await store.ViewAsync(instanceId, linked.Token)).Current;
        return instance is null
            ? null
            : [.. instance.History.Concat(instance.Inbox).Select(e => new OrchestrationHistoryEvent(
                e.Type.ToString(),
                e.Time,
                e.Name,
                e.Type switch
                {
                    HistoryEventType.ExecutionStarted => instance.Input,
                    HistoryEventType.ExecutionCompleted => instance.Output,
                    _ => e.Payload,
                },
                e.Reason ?? e.Failure?.ErrorMessage)
            {
                TaskId = e.Task,
                FireAt = e.FireAt,
                StartedAt = e.Started,
                Attempt = e.Type == HistoryEventType.TaskScheduled ? e.Attempt ?? 1 : null,
            })];
    }

    private async Task<bool> SendAsync(string id, HistoryEntry message, CancellationToken cancellationToken)
    {
        Check(id);
        using CancellationTokenSource linked = Linked(cancellationToken);
        return await sender.SendAsync(id, message, linked.Token);
    }

    private CancellationTokenSource Linked(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(lifetime.Gone.IsCancellationRequested, typeof(EmbeddedEngine));
        return CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.Gone);
    }

    private static void Check(string id, [CallerArgumentExpression(nameof(id))] string? name = null)
    {
        if (!ValidId().IsMatch(id))
        {
            throw new ArgumentException("An instance id is 1 to 256 characters of A-Z a-z 0-9 - _ . @", name);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9\-_.@]{1,256}\z")]
    private static partial Regex ValidId();

    [GeneratedRegex(@"\A[!-~]{1,300}\z")]
    private static partial Regex ValidFairnessKey();
}
