namespace DurableSessions.Engine.Running;

/// <summary>What an owner does with its instance at a write.</summary>
internal enum Release
{
    /// <summary>It keeps the instance.</summary>
    Keep,

    /// <summary>It gives the instance back, with the time at which a host has something to do with it.</summary>
    GiveBack,

    /// <summary>It gives the instance back, until a host has a slot for one of its activities.</summary>
    Park,
}
