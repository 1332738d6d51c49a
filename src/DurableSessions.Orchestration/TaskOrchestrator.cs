namespace DurableSessions.Orchestration;

/// <summary>An orchestrator: a deterministic function that sequences activities, timers and events.</summary>
/// <typeparam name="TInput">Its input; serialized as JSON, small: names and numbers, never contents.</typeparam>
/// <typeparam name="TOutput">Its output; serialized as JSON, small.</typeparam>
public abstract class TaskOrchestrator<TInput, TOutput> : ITaskOrchestrator
{
    /// <inheritdoc cref="ITaskOrchestrator.RunAsync"/>
    public abstract Task<TOutput> RunAsync(OrchestrationContext context, TInput input);

    async Task<object?> ITaskOrchestrator.RunAsync(OrchestrationContext context) =>
        await RunAsync(context, context.GetInput<TInput>()!);
}
