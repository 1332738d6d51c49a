using DurableSessions.Orchestration;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// An activity whose first call in the test never answers: its process is killed before it does anything, or after it has.
/// </summary>
internal sealed class Doomed(ITaskActivity inner, bool after, TaskCompletionSource reached) : ITaskActivity
{
    public Type InputType => inner.InputType;

    public async Task<object?> RunAsync(TaskActivityContext context, object? input)
    {
        object? result = after || reached.Task.IsCompleted ? await inner.RunAsync(context, input) : null;
        if (reached.TrySetResult())
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        }

        return result;
    }
}
