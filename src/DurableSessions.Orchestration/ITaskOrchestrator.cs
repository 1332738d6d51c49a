namespace DurableSessions.Orchestration;

/// <summary>An orchestrator, as an engine sees it. Derive from <see cref="TaskOrchestrator{TInput, TOutput}"/>.</summary>
public interface ITaskOrchestrator
{
    /// <summary>Runs from the top, or replays: see <see cref="OrchestrationContext"/> for what it may do.</summary>
    Task<object?> RunAsync(OrchestrationContext context);
}
