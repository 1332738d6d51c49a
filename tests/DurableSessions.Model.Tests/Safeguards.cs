namespace DurableSessions.Model.Tests;

/// <summary>What makes the protocol safe. The model can do without each one, and must find what goes wrong then.</summary>
[Flags]
internal enum Safeguards
{
    None = 0,

    /// <summary>A cut segment is sealed before it is read.</summary>
    SealBeforeStaging = 1 << 0,

    /// <summary>Older segments are sealed before an append goes to a fresh one.</summary>
    SealBeforeFreshAppend = 1 << 1,

    /// <summary>An append asks for a position.</summary>
    AppendPosition = 1 << 2,

    /// <summary>An append whose outcome is unknown is looked for before it is sent elsewhere.</summary>
    SearchAfterUnknown = 1 << 3,

    /// <summary>It is looked for in archives where its segment has gone.</summary>
    SearchInArchives = 1 << 4,

    /// <summary>A manifest is swapped with the ETag of the one it was made from.</summary>
    SwapETag = 1 << 5,

    /// <summary>A commit's record is looked for before it cuts.</summary>
    RecordBeforeCut = 1 << 6,

    /// <summary>A record is written before the switch.</summary>
    RecordBeforeSwitch = 1 << 7,

    /// <summary>A record is written before the manifest forgets a closed attempt.</summary>
    RecordBeforeSettle = 1 << 8,

    /// <summary>The first append asks for the ETag of the creation.</summary>
    CreationETag = 1 << 9,

    /// <summary>What an attempt stages has a name of its own.</summary>
    AttemptInNames = 1 << 10,

    /// <summary>The catalogue names the commits whose changes are in it.</summary>
    MemoriesOnce = 1 << 11,

    /// <summary>A segment that refuses an append and holds nothing new is asked of the manifest: it may be one that came back.</summary>
    KeptBeforeElsewhere = 1 << 12,

    /// <summary>Every live segment is sealed before the tombstone.</summary>
    SealBeforeDelete = 1 << 13,

    /// <summary><c>Close</c> changes the manifest where there is no cut to undo, too.</summary>
    CloseAlwaysMoves = 1 << 14,

    /// <summary><c>Clear</c> asks for the cut of its attempt.</summary>
    ClearAsksForAttempt = 1 << 15,

    /// <summary>A fresh segment is added only under the number it was created for.</summary>
    SegmentNumber = 1 << 16,

    /// <summary><c>Switch</c> asks for a pending archive.</summary>
    SwitchAsksForPending = 1 << 17,

    /// <summary><c>DropEmptySegment</c> does nothing while a commit cuts.</summary>
    DropWaitsForCut = 1 << 18,

    /// <summary>Memories are applied only while the archive is still to be covered.</summary>
    MemoriesOnlyWhileOpen = 1 << 19,

    /// <summary>What was read from an empty segment counts only where the manifest is still the same.</summary>
    EmptyAsksForManifest = 1 << 20,
}
