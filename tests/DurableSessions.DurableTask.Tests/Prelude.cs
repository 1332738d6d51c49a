using DurableSessions.Orchestration;

namespace DurableSessions.DurableTask.Tests;

/// <summary>An activity before which something happens.</summary>
internal sealed class Prelude(ITaskActivity inner, Func<Task> before) : ITaskActivity
{
    public Type InputType => inner.InputType;

    public async Task<object?> RunAsync(TaskActivityContext context, object? input)
    {
        await before();
        return await inner.RunAsync(context, input);
    }
}
