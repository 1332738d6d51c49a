using DurableSessions.Orchestration;

namespace DurableSessions.Testing;

/// <summary>An engine's client that takes no events: raising one does what the test says.</summary>
internal sealed class DeafClient(OrchestrationClient inner, Func<Task<bool>> raise) : DelegatingOrchestrationClient
{
    private int _raised;

    /// <summary>How often an event was raised.</summary>
    public int Raised => Volatile.Read(ref _raised);

    protected override OrchestrationClient Inner => inner;

    public override Task<bool> RaiseEventAsync(
        string instanceId, string eventName, object? payload = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _raised);
        return raise();
    }
}
