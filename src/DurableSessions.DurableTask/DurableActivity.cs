using System.Text.Json;
using DurableSessions.Orchestration;
using Durable = Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>
/// An activity of ours, as Durable Task sees it. Its token is never signalled: Durable Task tells an activity neither of a stop nor of a
/// lost instance, and one that gave up at a stop would be recorded as failed. It ends, or its process does and the call is made again.
/// </summary>
public sealed class DurableActivity(ITaskActivity activity) : Durable.ITaskActivity
{
    public Type InputType => typeof(JsonElement?);

    public Type OutputType => typeof(JsonElement?);

    public Task<object?> RunAsync(Durable.TaskActivityContext context, object? input) =>
        RunAsync(context.Name.Name, context.InstanceId, (JsonElement?)input);

    /// <summary>Runs a call that comes by a trigger.</summary>
    public async Task<object?> RunAsync(string name, string instanceId, JsonElement? input)
    {
        var context = new TaskActivityContext(name, instanceId, CancellationToken.None);
        return DurablePayloads.Write(
            await DurableFailures.WithReadableExceptionAsync(() => activity.RunAsync(context, DurablePayloads.Read(input, activity.InputType))));
    }
}
