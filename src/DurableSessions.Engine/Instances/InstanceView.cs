namespace DurableSessions.Engine.Instances;

/// <summary>The blobs of an id as storage had them.</summary>
/// <param name="Live">The instance, where it is not over.</param>
/// <param name="Finished">
/// The finished blob: of this instance where <paramref name="Live"/> is <see langword="null"/>, otherwise of an earlier
/// generation, and only where it was read.
/// </param>
/// <param name="Ghost">An active blob that came back after the instance had ended. A host may delete it, and no more.</param>
internal sealed record InstanceView(StoredInstance? Live, StoredInstance? Finished, StoredInstance? Ghost)
{
    /// <summary>The instance, live or over; <see langword="null"/>: there is no such instance.</summary>
    public InstanceDocument? Current => (Live ?? Finished)?.Document;
}
