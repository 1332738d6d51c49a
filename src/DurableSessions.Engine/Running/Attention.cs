namespace DurableSessions.Engine.Running;

/// <summary>How a host finds out that it may claim an instance which another host owns.</summary>
internal enum Attention
{
    /// <summary>It looks at the instance once it may claim it.</summary>
    Look,

    /// <summary>It lists the instances once it may claim it: the hosts whose turn comes first may have claimed it by then.</summary>
    List,

    /// <summary>It has nothing to do before a sweep, or the listing that follows the death of the owner's host.</summary>
    WhenItsHostDies,
}
