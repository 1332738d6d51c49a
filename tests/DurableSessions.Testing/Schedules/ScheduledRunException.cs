namespace DurableSessions.Testing;

/// <summary>A run that failed.</summary>
/// <param name="run">What had happened.</param>
/// <param name="schedule">How it was decided.</param>
/// <param name="cause">What it failed with.</param>
public sealed class ScheduledRunException(ScheduledRun run, Schedule schedule, Exception cause)
    : Exception($"{cause.Message}{Environment.NewLine}After {run.Decisions} decisions ({schedule}).", cause)
{
    /// <summary>What had happened.</summary>
    public ScheduledRun Run { get; } = run;
}
