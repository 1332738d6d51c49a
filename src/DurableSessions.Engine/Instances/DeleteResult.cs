namespace DurableSessions.Engine.Instances;

/// <summary>How a conditional deletion went.</summary>
internal enum DeleteResult
{
    /// <summary>The request deleted the blob.</summary>
    Deleted,

    /// <summary>There is no blob: it was deleted by this host, and the answer was lost, or by another.</summary>
    Missing,

    /// <summary>The blob has another ETag than was expected.</summary>
    Changed,
}
