using DurableSessions.Orchestration;

namespace DurableSessions.DurableTask.Tests;

/// <summary>An activity around which something else happens.</summary>
internal sealed class Wrapped(ITaskActivity inner, Func<Func<Task<object?>>, Task<object?>> run) : ITaskActivity
{
    public Type InputType => inner.InputType;

    public Task<object?> RunAsync(TaskActivityContext context, object? input) => run(() => inner.RunAsync(context, input));

    public static Wrapped Behind(Func<Task> before, ITaskActivity inner) => new(inner, async run =>
    {
        await before();
        return await run();
    });
}
