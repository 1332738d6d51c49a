using System.Runtime.CompilerServices;

namespace DurableSessions.Orchestration;

/// <summary>
/// Starts, queries and controls instances. Any host may call every method. Methods that name an instance throw
/// <see cref="OrchestrationNotFoundException"/> where it does not exist, unless they say otherwise.
/// </summary>
public abstract class OrchestrationClient
{
    /// <summary>
    /// Schedules an instance. Once this returns, the instance runs to its end, also after crashes. With an
    /// <see cref="StartOrchestrationOptions.InstanceId"/> it is idempotent: where the id exists, nothing is scheduled and
    /// nothing changes (its input is <em>not</em> compared), unless it has ended in one of
    /// <see cref="StartOrchestrationOptions.ReusableStatuses"/>; then it starts anew under the same id, with this input.
    /// </summary>
    /// <returns>The present state of the instance: the one scheduled now, or the one that existed.</returns>
    public abstract Task<OrchestrationMetadata> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName,
        object? input = null,
        StartOrchestrationOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// The instance, or <see langword="null"/>. An ended instance never runs again, unless its id is scheduled again.
    /// </summary>
    /// <exception cref="OrchestrationUnreadableException">It is there, has not ended, and this host cannot read it.</exception>
    public abstract Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits until <paramref name="predicate"/> holds for a checkpoint of the instance. Where this host runs the instance,
    /// no request is made to storage meanwhile; otherwise it polls at growing intervals (up to 5 s).
    /// </summary>
    public abstract Task<OrchestrationMetadata> WaitForInstanceAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken);

    /// <summary>Waits until the instance has ended.</summary>
    public Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, CancellationToken cancellationToken) =>
        WaitForInstanceAsync(instanceId, static m => m.IsCompleted, cancellationToken);

    /// <summary>
    /// Raises an external event. Once this returns true, a waiting orchestrator receives it, also after crashes. An event to an
    /// instance that has ended, or that ends at the same moment, is dropped: the return value then is false.
    /// </summary>
    public abstract Task<bool> RaiseEventAsync(
        string instanceId, string eventName, object? payload = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Terminates the instance; running activities are not undone, and its sub-orchestrations go on. No effect on one that has ended.
    /// </summary>
    public abstract Task TerminateInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Suspends the instance. No effect on one that has ended.</summary>
    public abstract Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Resumes a suspended instance. No effect on one that is not suspended.</summary>
    public abstract Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Purges an instance that has ended, without its sub-orchestrations. Returns whether it was purged; a running or unknown instance
    /// gives false.
    /// </summary>
    public abstract Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Purges an instance as it was read: not where its id has been scheduled again since. The embedded engine checks it atomically with
    /// the deletion; Durable Task checks it before. Returns whether it was purged.
    /// </summary>
    public virtual async Task<bool> PurgeEndedAsync(OrchestrationMetadata ended, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ended);
        return await GetInstanceAsync(ended.InstanceId, cancellationToken) is { IsCompleted: true } now
            && (now.Generation, now.CreatedAt) == (ended.Generation, ended.CreatedAt)
            && await PurgeInstanceAsync(ended.InstanceId, cancellationToken);
    }

    /// <summary>
    /// One page of instances; the order is not specified. An instance that ends while the pages are read may be in two of them.
    /// </summary>
    public abstract Task<OrchestrationPage> ListInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken = default);

    /// <summary>The pages of a query, one after another, up to the last; each is listed when the one before has been used.</summary>
    public async IAsyncEnumerable<OrchestrationPage> ListPagesAsync(
        OrchestrationQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        OrchestrationQuery? next = query;
        while (next is not null)
        {
            OrchestrationPage page = await ListInstancesAsync(next, cancellationToken);
            yield return page;
            next = page.ContinuationToken is { } token ? next with { ContinuationToken = token } : null;
        }
    }

    /// <summary>The history of the instance, oldest event first; <see langword="null"/> where the instance does not exist.</summary>
    public abstract Task<IReadOnlyList<OrchestrationHistoryEvent>?> GetHistoryAsync(
        string instanceId, CancellationToken cancellationToken = default);
}
