namespace DurableSessions.Engine.Running;

/// <summary>How a message of a client was answered.</summary>
internal enum Delivery
{
    /// <summary>Storage has the message.</summary>
    Accepted,

    /// <summary>The instance was over.</summary>
    Ended,

    /// <summary>This host does not run the instance any more; storage may have the message or not.</summary>
    NotHere,
}
