namespace DurableSessions.Model.Tests;

/// <summary>What makes the protocol safe. The model can do without each one, and must find what goes wrong then.</summary>
[Flags]
internal enum Safeguards : long
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

    /// <summary>The number of a segment that no manifest names is given away before an audit removes the segment.</summary>
    FenceBeforeRemove = 1 << 21,

    /// <summary>Once it is, the manifest is asked again whether it names the segment.</summary>
    UnnamedAfterFence = 1 << 22,

    /// <summary><c>SkipSegmentNumbers</c> takes no number back.</summary>
    SkipGoesForward = 1 << 23,

    /// <summary>A tombstone answers every transition that the session is gone.</summary>
    TombstoneIsGone = 1 << 24,

    /// <summary>A session that was created again answers transitions of the one before that it is gone.</summary>
    IncarnationIsGone = 1 << 25,

    /// <summary><c>Cover</c> asks for an uncovered archive.</summary>
    CoverAsksForUncovered = 1 << 26,

    /// <summary><c>BeginCut</c> does nothing while a commit cuts. Redundant, as all that follow.</summary>
    CutAsksForCut = 1 << 27,

    /// <summary><c>BeginCut</c> does nothing for a commit whose archive is pending or uncovered.</summary>
    CutAsksForOpen = 1 << 28,

    /// <summary><c>BeginCut</c> does nothing for an attempt that the manifest shows as closed.</summary>
    CutAsksForClosed = 1 << 29,

    /// <summary><c>Close</c> does nothing where the commit is pending.</summary>
    CloseAsksForPending = 1 << 30,

    /// <summary><c>Close</c> does nothing where the attempt is closed already.</summary>
    CloseAsksForClosed = 1L << 31,

    /// <summary><c>AddSegment</c> asks for the full segment to be the last one still.</summary>
    AddAsksForLast = 1L << 32,

    /// <summary>An audit takes what a cut retains for named, although it is not live before the cut is cleared.</summary>
    CutNamesRetained = 1L << 33,

    /// <summary><c>Heal</c> asks for the oldest degraded archive.</summary>
    HealAsksForOldest = 1L << 34,

    /// <summary>Memories of an archive that is digested again are applied only while it is the oldest one to be.</summary>
    AgainOnlyWhileOldest = 1L << 35,

    /// <summary>A digest says that it was made from an overview that builds on a degraded one.</summary>
    DigestSaysFromDegraded = 1L << 36,

    /// <summary><c>PutDigest</c> asks for a later change than the overview's.</summary>
    PutAsksForLater = 1L << 37,

    /// <summary>Guards that decide nothing, because something else guards the same: <c>README.md</c> says what.</summary>
    Redundant = CutAsksForCut | CutAsksForOpen | CutAsksForClosed | CloseAsksForPending | CloseAsksForClosed | AddAsksForLast,
}
