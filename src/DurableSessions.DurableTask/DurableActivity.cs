using System.Text.Json;
using DurableSessions.Orchestration;
using Durable = Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>
/// Adapts an activity to Durable Task. Its token is never cancelled: Durable Task signals to an activity neither a stop of the host nor a
/// lost instance, and an activity that stopped early would be recorded as failed. A crash in the middle leaves the call to be made again.
/// </summary>
public sealed class DurableActivity(ITaskActivity activity) : Durable.ITaskActivity
{
    public Type InputType => typeof(JsonElement?);

    public Type OutputType => typeof(JsonElement?);

    public Task<object?> RunAsync(Durable.TaskActivityContext context, object? input) =>
        RunAsync(context.Name.Name, context.InstanceId, (JsonElement?)input);

    /// <summary>Runs a call of an activity trigger.</summary>
    public async Task<object?> RunAsync(string name, string instanceId, JsonElement? input)
    {
        var context = new TaskActivityContext(name, instanceId, CancellationToken.None);
        return DurablePayloads.Write(await DurableFailures.WithReadableExceptionAsync(
            () => activity.RunAsync(context, DurablePayloads.Read(input, activity.InputType))));
    }
}
