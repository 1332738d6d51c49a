namespace DurableSessions.Engine.Instances;

/// <summary>What storage says about an id.</summary>
/// <param name="Live">The instance, where it is not over.</param>
/// <param name="Finished">
/// The finished blob: of this instance where nothing is live, otherwise of an earlier generation, and only where it was looked for.
/// </param>
/// <param name="Ghost">An active blob that came back after the instance had ended. It may be deleted, and nothing else.</param>
internal sealed record InstanceView(StoredInstance? Live, StoredInstance? Finished, StoredInstance? Ghost)
{
    public InstanceDocument? Current => (Live ?? Finished)?.Document;
}
