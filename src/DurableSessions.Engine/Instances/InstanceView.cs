using Azure;

namespace DurableSessions.Engine.Instances;

/// <summary>An instance and the ETag of the blob it was read from or written to.</summary>
internal sealed record StoredInstance(InstanceDocument Document, ETag ETag);

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

/// <summary>How a conditional write went.</summary>
/// <param name="Written">The new ETag; <see langword="null"/>: the condition did not hold.</param>
/// <param name="Found">What stands there instead; <see langword="null"/>: nothing.</param>
internal readonly record struct WriteResult(ETag? Written, StoredInstance? Found);

/// <summary>How a conditional deletion went.</summary>
internal enum DeleteResult
{
    Deleted,
    Missing,
    Changed,
}
