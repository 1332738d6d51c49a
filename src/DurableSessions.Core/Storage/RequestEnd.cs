namespace DurableSessions.Core.Storage;

/// <summary>How a storage request ended, as far as it says something of storage's load.</summary>
internal enum RequestEnd
{
    /// <summary>It was answered, in whatever way.</summary>
    Answered,

    /// <summary>Storage says that it has too many.</summary>
    Throttled,

    /// <summary>Storage did not get it done in its time.</summary>
    TimedOut,

    /// <summary>The connection broke, or the caller has given up.</summary>
    Unknown,
}
