namespace DurableSessions.Orchestration;

/// <summary>
/// An activity: a step with side effects. It is executed at least once for each call, by one host or by several: it must be
/// idempotent, also when it runs concurrently with itself.
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
