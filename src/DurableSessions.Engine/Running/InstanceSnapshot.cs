using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>The last checkpoint of one instance, as the clients of its host see it without a storage request.</summary>
/// <param name="watches">The clients of this host that wait for a change.</param>
/// <param name="claimed">The instance as it was claimed.</param>
internal sealed class InstanceSnapshot(InstanceWatches watches, OrchestrationMetadata claimed)
{
    /// <summary>What was last written. Read by any thread.</summary>
    public OrchestrationMetadata Current { get; private set; } = claimed;

    /// <summary>Shows the clients of this host what storage has accepted.</summary>
    public void Publish(OrchestrationMetadata checkpoint)
    {
        Current = checkpoint;
        watches.Publish(checkpoint.InstanceId, checkpoint);
    }

    /// <summary>Sends the clients that wait to storage: this host no longer runs the instance.</summary>
    public void Withdraw() => watches.Publish(Current.InstanceId, null);
}
