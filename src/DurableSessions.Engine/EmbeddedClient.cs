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
        OrchestrationInstanceIds.ThrowIfInvalid(id);
        if (options.FairnessKey is { } key && !ValidFairnessKey().IsMatch(key))
        {
            throw new ArgumentException("A fairness key is 1 to 300 visible characters of ASCII.", nameof(options));
        }

        using CancellationTokenSource linked = Linked(cancellationToken);
        await store.EnsureClockAsync(linked.Token);
        string? json = Payloads.Write(input, "input of the orchestration", EngineLimits.PayloadBytes);
        InstanceDocument instance = InstanceDocument.New(orchestratorName, id, json, time.GetUtcNow()) with
        {
            FairnessKey = options.FairnessKey,
            Tags = options.Tags.Count == 0 ? null : options.Tags,
        };
        bool isFresh = options.InstanceId is null || options.IsFreshId;
        return (await scheduler.ScheduleAsync(
            instance, isFresh, options.ReusableStatuses.Count > 0 ? ended => IsReusable(ended, options) : null, linked.Token)).ToMetadata();
    }

    public override async Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        OrchestrationInstanceIds.ThrowIfInvalid(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        return await reader.ReadAsync(instanceId, linked.Token);
    }

    public override async Task<OrchestrationMetadata> WaitForInstanceAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken)
    {
        OrchestrationInstanceIds.ThrowIfInvalid(instanceId);
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
        OrchestrationInstanceIds.ThrowIfInvalid(instanceId);
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
        OrchestrationInstanceIds.ThrowIfInvalid(instanceId);
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
                Host = e.Host,
                Attempt = e.Type is HistoryEventType.TaskScheduled or HistoryEventType.SubOrchestrationInstanceCreated
                    ? e.Attempt ?? 1
                    : null,
                InstanceId = e.InstanceId,
            })];
    }

    private async Task<bool> SendAsync(string id, HistoryEntry message, CancellationToken cancellationToken)
    {
        OrchestrationInstanceIds.ThrowIfInvalid(id);
        using CancellationTokenSource linked = Linked(cancellationToken);
        return await sender.SendAsync(id, message, linked.Token);
    }

    private static bool IsReusable(InstanceDocument ended, StartOrchestrationOptions options) =>
        options.ReusableStatuses.Contains(ended.Status)
        && (options.ReusedGeneration is null || options.ReusedGeneration == ended.Generation);

    private CancellationTokenSource Linked(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(lifetime.Gone.IsCancellationRequested, typeof(EmbeddedEngine));
        return CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.Gone);
    }

    [GeneratedRegex(@"\A[!-~]{1,300}\z")]
    private static partial Regex ValidFairnessKey();
}
