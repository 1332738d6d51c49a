namespace DurableSessions.Orchestration;

/// <summary>An activity, as an engine sees it. Derive from <see cref="TaskActivity{TInput, TOutput}"/>.</summary>
public interface ITaskActivity
{
    /// <summary>The type the input is deserialized to.</summary>
    Type InputType { get; }

    /// <summary>Runs once; may be run again for the same call, also by another host at the same time.</summary>
    Task<object?> RunAsync(TaskActivityContext context, object? input);
}

/// <summary>
/// A step with side effects. It is executed at least once for each call, by one host or by several: it must be
/// idempotent, and safe beside itself.
/// </summary>
/// <typeparam name="TInput">Its input; serialized as JSON.</typeparam>
/// <typeparam name="TOutput">Its output; serialized as JSON.</typeparam>
public abstract class TaskActivity<TInput, TOutput> : ITaskActivity
{
    Type ITaskActivity.InputType => typeof(TInput);

    /// <inheritdoc cref="ITaskActivity.RunAsync"/>
    public abstract Task<TOutput> RunAsync(TaskActivityContext context, TInput input);

    async Task<object?> ITaskActivity.RunAsync(TaskActivityContext context, object? input) =>
        await RunAsync(context, (TInput)input!);
}

/// <summary>What an activity knows of the call it serves.</summary>
/// <param name="Name">The name the activity is registered under.</param>
/// <param name="InstanceId">The instance that called it.</param>
/// <param name="CancellationToken">
/// Signalled when the host stops, or has lost the instance. Stopping early is a courtesy: the call is made again.
/// </param>
public sealed record TaskActivityContext(string Name, string InstanceId, CancellationToken CancellationToken);
