using DurableSessions.Orchestration;

namespace DurableSessions.Testing;

/// <summary>An engine's client that takes no events: raising one does what the test says.</summary>
internal sealed class DeafClient(OrchestrationClient inner, Func<Task<bool>> raise) : OrchestrationClient
{
    private int _raised;

    /// <summary>How often an event was raised.</summary>
    public int Raised => Volatile.Read(ref _raised);

    public override Task<OrchestrationMetadata> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellationToken = default) =>
        inner.ScheduleNewOrchestrationInstanceAsync(orchestratorName, input, options, cancellationToken);

    public override Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken = default) =>
        inner.GetInstanceAsync(instanceId, cancellationToken);

    public override Task<OrchestrationMetadata> WaitForInstanceAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken) =>
        inner.WaitForInstanceAsync(instanceId, predicate, cancellationToken);

    public override Task<bool> RaiseEventAsync(
        string instanceId, string eventName, object? payload = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _raised);
        return raise();
    }

    public override Task TerminateInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        inner.TerminateInstanceAsync(instanceId, reason, cancellationToken);

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        inner.SuspendInstanceAsync(instanceId, reason, cancellationToken);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        inner.ResumeInstanceAsync(instanceId, reason, cancellationToken);

    public override Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken = default) =>
        inner.PurgeInstanceAsync(instanceId, cancellationToken);

    public override Task<OrchestrationPage> ListInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken = default) =>
        inner.ListInstancesAsync(query, cancellationToken);

    public override Task<IReadOnlyList<OrchestrationHistoryEvent>?> GetHistoryAsync(
        string instanceId, CancellationToken cancellationToken = default) =>
        inner.GetHistoryAsync(instanceId, cancellationToken);
}
