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

/// <summary>Thrown where a named instance does not exist.</summary>
public sealed class OrchestrationNotFoundException(string instanceId) : Exception($"Orchestration instance '{instanceId}' was not found.")
{
    /// <summary>The id that was asked for.</summary>
    public string InstanceId { get; } = instanceId;
}

/// <summary>An instance, or what is put into it, is larger than the engine allows; the message names the limit.</summary>
public class OrchestrationLimitException(string message) : Exception(message);

/// <summary>How an instance is scheduled.</summary>
/// <param name="InstanceId">
/// Its id, 1 to 256 characters of <c>A-Z a-z 0-9 - _ . @</c>; <see langword="null"/>: the engine makes a new one, which saves the
/// look for an instance of that id that has ended.
/// </param>
public sealed record StartOrchestrationOptions(string? InstanceId = null)
{
    /// <summary>The ended statuses in which an existing instance of that id is replaced. Empty: never.</summary>
    public IReadOnlyCollection<OrchestrationRuntimeStatus> ReusableStatuses { get; init; } = [];

    /// <summary>
    /// The one <see cref="OrchestrationMetadata.Generation"/> that is replaced; <see langword="null"/>: any. So a caller that stalls between
    /// its look at an ended instance and this request starts nothing after another caller's has run. The embedded engine decides it
    /// together with the creation; Durable Task only looks before.
    /// </summary>
    public int? ReusedGeneration { get; init; }

    /// <summary>
    /// The caller has just drawn <see cref="InstanceId"/> at random and told nobody: the engine need not look for an ended instance.
    /// </summary>
    public bool IsFreshId { get; init; }
}

/// <summary>Which instances to list.</summary>
public sealed record OrchestrationQuery
{
    /// <summary>Only these statuses; empty: all.</summary>
    public IReadOnlyCollection<OrchestrationRuntimeStatus> Statuses { get; init; } = [];

    /// <summary>Only those created at or after this time.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Only those created before this time.</summary>
    public DateTimeOffset? CreatedTo { get; init; }

    /// <summary>Only those whose id begins so; <see langword="null"/>: all.</summary>
    public string? InstanceIdPrefix { get; init; }

    /// <summary>
    /// How many at most in one page, 1 to 1,000. A page is filled as far as there are instances; it may hold fewer, or none, although
    /// more follow, where few fit the other conditions: what is looked at for one page is bounded.
    /// </summary>
    public int PageSize { get; init; } = 100;

    /// <summary>From the page before; <see langword="null"/> for the first.</summary>
    public string? ContinuationToken { get; init; }

    /// <summary>Whether to return input, output, custom status and failure details as well: one more read for each instance.</summary>
    public bool FetchInputsAndOutputs { get; init; }
}

/// <summary>One page of a listing.</summary>
/// <param name="Values">The instances.</param>
/// <param name="ContinuationToken">For the next page; <see langword="null"/> where this is the last.</param>
public sealed record OrchestrationPage(IReadOnlyList<OrchestrationMetadata> Values, string? ContinuationToken);

/// <summary>One entry of an instance's history, in the names of Durable Task (<c>TaskCompleted</c>, <c>TimerFired</c>, …).</summary>
/// <param name="EventType">What happened.</param>
/// <param name="Timestamp">When it was recorded.</param>
/// <param name="Name">The activity or event, where there is one.</param>
/// <param name="Payload">Input or result as JSON, where there is one.</param>
/// <param name="Details">A reason or an error message, where there is one.</param>
public sealed record OrchestrationHistoryEvent(string EventType, DateTimeOffset Timestamp, string? Name, string? Payload, string? Details)
{
    /// <summary>Of a task or a timer: the number by which what became of it is known to belong to it.</summary>
    public int? TaskId { get; init; }

    /// <summary>Of a timer: when it fires, or was to fire.</summary>
    public DateTimeOffset? FireAt { get; init; }
}
