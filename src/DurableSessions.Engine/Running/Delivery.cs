namespace DurableSessions.Engine.Running;

/// <summary>What became of a client's message.</summary>
internal enum Delivery
{
    /// <summary>It is recorded.</summary>
    Accepted,

    /// <summary>The instance was over.</summary>
    Ended,

    /// <summary>This host does not run the instance any more; the message may or may not be recorded.</summary>
    NotHere,
}
