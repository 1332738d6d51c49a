namespace DurableSessions.Core.Auditing;

/// <summary>What a repair does about a finding.</summary>
public enum RepairState
{
    /// <summary>Nothing: there is nothing to remove, or it mends itself.</summary>
    None,

    /// <summary>Kept, since it is young: it may be about to be used.</summary>
    TooYoung,

    /// <summary>A repair would remove it.</summary>
    Removable,

    /// <summary>It was removed.</summary>
    Removed,

    /// <summary>A repair would write what is missing.</summary>
    Writable,

    /// <summary>What was missing was written.</summary>
    Written,
}
