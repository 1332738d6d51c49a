namespace DurableSessions.Orchestration;

/// <summary>A client that hands each call to another one; a derived class changes some of them.</summary>
public abstract class DelegatingOrchestrationClient : OrchestrationClient
{
    /// <summary>The client that is called; it may be another one from call to call.</summary>
    protected abstract OrchestrationClient Inner { get; }

    /// <inheritdoc/>
    public override Task<OrchestrationMetadata> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName, object? input = null, StartOrchestrationOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Inner.ScheduleNewOrchestrationInstanceAsync(orchestratorName, input, options, cancellationToken);

    /// <inheritdoc/>
    public override Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken = default) =>
        Inner.GetInstanceAsync(instanceId, cancellationToken);

    /// <inheritdoc/>
    public override Task<OrchestrationMetadata> WaitForInstanceAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken) =>
        Inner.WaitForInstanceAsync(instanceId, predicate, cancellationToken);

    /// <inheritdoc/>
    public override Task<bool> RaiseEventAsync(
        string instanceId, string eventName, object? payload = null, CancellationToken cancellationToken = default) =>
        Inner.RaiseEventAsync(instanceId, eventName, payload, cancellationToken);

    /// <inheritdoc/>
    public override Task TerminateInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        Inner.TerminateInstanceAsync(instanceId, reason, cancellationToken);

    /// <inheritdoc/>
    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        Inner.SuspendInstanceAsync(instanceId, reason, cancellationToken);

    /// <inheritdoc/>
    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        Inner.ResumeInstanceAsync(instanceId, reason, cancellationToken);

    /// <inheritdoc/>
    public override Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken = default) =>
        Inner.PurgeInstanceAsync(instanceId, cancellationToken);

    /// <inheritdoc/>
    public override Task<bool> PurgeEndedAsync(OrchestrationMetadata ended, CancellationToken cancellationToken) =>
        Inner.PurgeEndedAsync(ended, cancellationToken);

    /// <inheritdoc/>
    public override Task<OrchestrationPage> ListInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken = default) =>
        Inner.ListInstancesAsync(query, cancellationToken);

    /// <inheritdoc/>
    public override Task<IReadOnlyList<OrchestrationHistoryEvent>?> GetHistoryAsync(
        string instanceId, CancellationToken cancellationToken = default) => Inner.GetHistoryAsync(instanceId, cancellationToken);
}
