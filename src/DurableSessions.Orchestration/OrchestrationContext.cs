namespace DurableSessions.Orchestration;

/// <summary>
/// What an orchestrator may do. An orchestrator is run again from its top, with recorded results, after every restart:
/// it must be deterministic. It reads time from <see cref="CurrentUtcDateTime"/> alone, does no I/O, makes no random
/// choice, awaits only tasks that this context made (and <see cref="Task.WhenAll(Task[])"/> and
/// <see cref="Task.WhenAny(Task[])"/> over them), and never blocks.
/// </summary>
public abstract class OrchestrationContext
{
    /// <summary>The name the orchestrator is registered under.</summary>
    public abstract string Name { get; }

    /// <summary>The id of this instance, unique in the task hub.</summary>
    public abstract string InstanceId { get; }

    /// <summary>The current time, the same at the same place of every replay.</summary>
    public abstract DateTimeOffset CurrentUtcDateTime { get; }

    /// <summary>Whether this is a replay: the results come from the history.</summary>
    public abstract bool IsReplaying { get; }

    /// <summary>The input the instance was scheduled with, or <see langword="default"/> where it had none.</summary>
    public abstract T? GetInput<T>();

    /// <summary>
    /// Schedules an activity. It is executed <em>at least once</em>, and by two hosts at once where one of them has lost its claim on
    /// the instance: an activity must be idempotent. Its result is recorded once, and is the same in every replay.
    /// </summary>
    /// <exception cref="TaskFailedException">The activity failed, and so did every retry of the policy.</exception>
    public abstract Task<TResult> CallActivityAsync<TResult>(string name, object? input = null, TaskOptions? options = null);

    /// <summary>Schedules an activity without a result. See <see cref="CallActivityAsync{TResult}"/>.</summary>
    public Task CallActivityAsync(string name, object? input = null, TaskOptions? options = null) =>
        CallActivityAsync<object?>(name, input, options);

    /// <summary>
    /// Runs another orchestrator as an instance of its own, and waits for its end: a child of this instance. It runs on any host, its
    /// output is recorded here once, and it has this instance's fairness key and, as far as the engine hands them on, its tags. Its end
    /// under <see cref="ContinueAsNew"/> is that of its last run. What happens to this instance does not reach it: where this one ends, is
    /// terminated, purged or continues as new, the child goes on, and its output is dropped. It is suspended and terminated by its own id
    /// alone. A call is sure to be made once the orchestrator awaits it.
    /// </summary>
    /// <param name="orchestratorName">The name of the orchestrator.</param>
    /// <param name="input">Its input, as JSON; bounded as that of a new instance is.</param>
    /// <param name="options">The child's id, and whether it is tried again.</param>
    /// <exception cref="TaskFailedException">
    /// The child failed, and so did every retry of the policy. In the embedded engine also: the child was terminated (the error type is
    /// <c>Terminated</c>, which no policy retries); or an instance that is no child of this run has the id, or had it and has ended.
    /// </exception>
    public abstract Task<TResult> CallSubOrchestratorAsync<TResult>(
        string orchestratorName, object? input = null, SubOrchestrationOptions? options = null);

    /// <summary>Runs another orchestrator without a result. See <see cref="CallSubOrchestratorAsync{TResult}"/>.</summary>
    public Task CallSubOrchestratorAsync(string orchestratorName, object? input = null, SubOrchestrationOptions? options = null) =>
        CallSubOrchestratorAsync<object?>(orchestratorName, input, options);

    /// <summary>A durable timer: fires at or after <paramref name="fireAt"/>, also after restarts.</summary>
    /// <param name="fireAt">When to fire; a time that has passed fires at once.</param>
    /// <param name="cancellationToken">Cancels the timer. An orchestrator that is done waiting cancels its timers.</param>
    public abstract Task CreateTimer(DateTimeOffset fireAt, CancellationToken cancellationToken);

    /// <summary>A durable timer that fires <paramref name="delay"/> after <see cref="CurrentUtcDateTime"/>.</summary>
    public Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken) =>
        CreateTimer(CurrentUtcDateTime + delay, cancellationToken);

    /// <summary>
    /// Completes with the next external event of that name (names are compared without case). Events that are raised before the
    /// orchestrator waits are kept, in order; each completes one wait.
    /// </summary>
    public abstract Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets the instance begin again, with a new input and an empty history, once the orchestrator has returned: it does so next, and its
    /// output is dropped. The instance keeps its id and its <see cref="OrchestrationMetadata.Generation"/>, its custom status is empty
    /// again, and clients that wait for its end go on waiting. An orchestrator awaits what it has scheduled before it calls this: the
    /// embedded engine cancels an activity that still runs, lets a sub-orchestration go on, and drops their results; Durable Task
    /// guarantees none of this. An orchestrator that throws afterwards fails; of several calls the last one counts.
    /// </summary>
    /// <param name="newInput">The input of the next run, as JSON; bounded as that of a new instance is.</param>
    /// <param name="preserveUnprocessedEvents">
    /// Whether the next run receives the events that this one has not waited for, in their order. Without it those are dropped that have
    /// come before the orchestrator returns; later ones are for the next run.
    /// </param>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);

    /// <summary>Sets the status that clients see; stored with the next checkpoint. At most 16 KiB as JSON.</summary>
    public abstract void SetCustomStatus(object? customStatus);
}
