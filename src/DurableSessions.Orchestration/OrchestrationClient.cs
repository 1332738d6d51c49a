namespace DurableSessions.Orchestration;

/// <summary>
/// Starts, watches and steers instances. Every method may be called by any host. Methods that name an instance throw
/// <see cref="OrchestrationNotFoundException"/> where there is none, unless they say otherwise.
/// </summary>
public abstract class OrchestrationClient
{
    /// <summary>
    /// Schedules an instance. Once this returns, the instance runs to its end whatever crashes. With an
    /// <see cref="StartOrchestrationOptions.InstanceId"/> it is idempotent: where the id exists, nothing is scheduled and
    /// nothing changes (its input is <em>not</em> compared), unless it has ended in one of
    /// <see cref="StartOrchestrationOptions.ReusableStatuses"/>; then it starts anew under the same id, with this input.
    /// </summary>
    /// <returns>The instance as it stands: the one scheduled now, or the one that existed.</returns>
    public abstract Task<OrchestrationMetadata> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>The instance, or <see langword="null"/>. Never goes back from ended to running, except by scheduling the id again.</summary>
    public abstract Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits until <paramref name="predicate"/> holds for a checkpoint of the instance. Where this host runs the instance,
    /// no request is made to storage meanwhile; otherwise it looks at growing intervals (at most every 5 s).
    /// </summary>
    public abstract Task<OrchestrationMetadata> WaitForInstanceAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken);

    /// <summary>Waits until the instance is over.</summary>
    public Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, CancellationToken cancellationToken) =>
        WaitForInstanceAsync(instanceId, static m => m.IsCompleted, cancellationToken);

    /// <summary>
    /// Raises an external event. Once this returns, a waiting orchestrator will see it, whatever crashes. An event raised
    /// to an instance that is over, or that ends at the same moment, is dropped: the return value then is false.
    /// </summary>
    public abstract Task<bool> RaiseEventAsync(string instanceId, string eventName, object? payload = null, CancellationToken cancellationToken = default);

    /// <summary>Ends the instance where it stands; running activities are not undone. No effect on one that is over.</summary>
    public abstract Task TerminateInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Holds the instance. No effect on one that is over.</summary>
    public abstract Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Lets a suspended instance go on. No effect on one that is not suspended.</summary>
    public abstract Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Forgets an instance that is over. Returns whether there was one; a running one is left alone and gives false.</summary>
    public abstract Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken = default);

    /// <summary>One page of instances, in no promised order. An instance that ends while the pages are read may be in two of them.</summary>
    public abstract Task<OrchestrationPage> ListInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken = default);

    /// <summary>What happened in the instance, oldest first; <see langword="null"/> where there is no such instance.</summary>
    public abstract Task<IReadOnlyList<OrchestrationHistoryEvent>?> GetHistoryAsync(string instanceId, CancellationToken cancellationToken = default);
}
