namespace DurableSessions.Orchestration;

/// <summary>An activity, as an engine sees it. Derive from <see cref="TaskActivity{TInput, TOutput}"/>.</summary>
public interface ITaskActivity
{
    /// <summary>The type the input is deserialized to.</summary>
    Type InputType { get; }

    /// <summary>Runs once; may be run again for the same call, also by another host at the same time.</summary>
    Task<object?> RunAsync(TaskActivityContext context, object? input);
}
