using System.Text.Json;
using DurableSessions.Orchestration;
using Durable = Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>Adapts an orchestrator to Durable Task.</summary>
public sealed class DurableOrchestrator(ITaskOrchestrator orchestrator) : Durable.ITaskOrchestrator
{
    public Type InputType => typeof(JsonElement?);

    public Type OutputType => typeof(JsonElement?);

    public async Task<object?> RunAsync(Durable.TaskOrchestrationContext context, object? input) => DurablePayloads.Write(
        await DurableFailures.WithReadableExceptionAsync(() => orchestrator.RunAsync(new DurableContext(context, (JsonElement?)input))));
}
