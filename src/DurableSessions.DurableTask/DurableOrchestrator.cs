using System.Text.Json;
using DurableSessions.Orchestration;
using Durable = Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>An orchestrator of ours, as Durable Task sees it.</summary>
public sealed class DurableOrchestrator(ITaskOrchestrator orchestrator) : Durable.ITaskOrchestrator
{
    /// <inheritdoc/>
    public Type InputType => typeof(JsonElement?);

    /// <inheritdoc/>
    public Type OutputType => typeof(JsonElement?);

    /// <inheritdoc/>
    public async Task<object?> RunAsync(Durable.TaskOrchestrationContext context, object? input) => DurablePayloads.Write(
        await DurableFailures.TellableAsync(() => orchestrator.RunAsync(new DurableContext(context, (JsonElement?)input))));
}
