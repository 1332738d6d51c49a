namespace DurableSessions.Engine.Running;

/// <summary>How an owner's write went.</summary>
internal enum OwnerWrite
{
    /// <summary>It stands.</summary>
    Written,

    /// <summary>Other hosts have appended messages meanwhile: the owner takes them in, and writes again.</summary>
    Merge,

    /// <summary>Another host owns the instance, or has ended it.</summary>
    Lost,
}
