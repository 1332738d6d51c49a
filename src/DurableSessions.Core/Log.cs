using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Webhooks;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core;

/// <summary>
/// What the store logs. Its event ids are 1000 to 1099, one for each message. They are stable, since alerts and filters
/// of operators name them: a new message takes the next free id, and the id of a removed one is not used again.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "Commit {CommitId} of session {Session}: accepted, keeping {Kept} live")]
    public static partial void CommitAccepted(this ILogger log, CommitId commitId, SessionKey session, object kept);

    [LoggerMessage(
        1001,
        LogLevel.Information,
        "Commit {CommitId} of session {Session}: archive-to-temp staged {Messages} messages, {Bytes} bytes, retained {Retained}")]
    public static partial void ArchiveStaged(
        this ILogger log, CommitId commitId, SessionKey session, int messages, long bytes, int retained);

    [LoggerMessage(1002, LogLevel.Information, "Commit {CommitId} of session {Session} helped commit {OtherCommitId} through clear-live")]
    public static partial void OtherCommitHelped(this ILogger log, CommitId commitId, SessionKey session, CommitId otherCommitId);

    [LoggerMessage(
        1003, LogLevel.Information, "Commit {CommitId} of session {Session}: clear-live moved {Messages} messages to archive {Number}")]
    public static partial void LiveCleared(this ILogger log, CommitId commitId, SessionKey session, int messages, int? number);

    [LoggerMessage(
        1004,
        LogLevel.Warning,
        "Commit {CommitId} of session {Session}: commit {OtherCommitId} before it had ended without a switch; "
        + "its archive {Number} is {State}")]
    public static partial void AbandonedCommitSwitched(
        this ILogger log, CommitId commitId, SessionKey session, CommitId otherCommitId, int? number, ArchiveState? state);

    [LoggerMessage(
        1005, LogLevel.Information, "Commit {CommitId} of session {Session}: semantic-process by {Processor} covers archives {Covers}")]
    public static partial void ArchiveDigested(
        this ILogger log, CommitId commitId, SessionKey session, string processor, IReadOnlyList<int> covers);

    [LoggerMessage(1006, LogLevel.Information, "Commit {CommitId} of session {Session}: switch made archive {Number} {State}")]
    public static partial void ArchiveSwitched(
        this ILogger log, CommitId commitId, SessionKey session, int? number, ArchiveState? state);

    [LoggerMessage(1007, LogLevel.Information, "Commit {CommitId} of session {Session}: cancel {Result}")]
    public static partial void CommitCancelled(this ILogger log, CommitId commitId, SessionKey session, string result);

    [LoggerMessage(
        1008,
        LogLevel.Warning,
        "Commit {CommitId} of session {Session}: commit {OtherCommitId} could not be woken, and looks by its timer")]
    public static partial void NextCommitNotWoken(
        this ILogger log, Exception exception, CommitId commitId, SessionKey session, string otherCommitId);

    [LoggerMessage(
        1009, LogLevel.Error, "Commit {CommitId} of session {Session}: memories cannot be read; its changes are skipped")]
    public static partial void MemoriesUnreadable(this ILogger log, Exception exception, CommitId commitId, SessionKey session);

    [LoggerMessage(1010, LogLevel.Warning, "Session {Session}: its auto-commit policy could not be looked at")]
    public static partial void AutoCommitPolicyUnreadable(this ILogger log, Exception exception, SessionKey session);

    [LoggerMessage(
        1011,
        LogLevel.Information,
        "Session {Session} with {Messages} messages and {Tokens} tokens is over a threshold of its policy: it is committed")]
    public static partial void ThresholdExceeded(this ILogger log, SessionKey session, int messages, long tokens);

    [LoggerMessage(
        1012, LogLevel.Warning, "Session {Session}: a commit over a threshold could not be started; the next append tries again")]
    public static partial void ThresholdCommitNotStarted(this ILogger log, Exception exception, SessionKey session);

    [LoggerMessage(1013, LogLevel.Information, "Session {Session} has been idle since {LastAppend}: it is committed")]
    public static partial void SessionIdle(this ILogger log, SessionKey session, DateTimeOffset lastAppend);

    [LoggerMessage(1014, LogLevel.Information, "Deletion of session {Session}, incarnation {Incarnation}: tombstone set")]
    public static partial void TombstoneSet(this ILogger log, SessionKey session, string incarnation);

    [LoggerMessage(1015, LogLevel.Information, "Deletion of session {Session}, incarnation {Incarnation}: {Count} blobs deleted")]
    public static partial void BlobsDeleted(this ILogger log, SessionKey session, string incarnation, int count);

    [LoggerMessage(1016, LogLevel.Information, "Deletion of session {Session}, incarnation {Incarnation}: ended")]
    public static partial void DeletionEnded(this ILogger log, SessionKey session, string incarnation);

    [LoggerMessage(1017, LogLevel.Warning, "Instance {InstanceId}: {Step} failed ({ErrorId}): {Details}")]
    public static partial void StepFailed(this ILogger log, string instanceId, string step, string errorId, string details);

    [LoggerMessage(
        1018, LogLevel.Warning, "Account {Account} could not be measured for its quotas; what was known before counts until the next time")]
    public static partial void AccountNotMeasured(this ILogger log, Exception exception, string account);

    [LoggerMessage(1019, LogLevel.Warning, "Account {Account}: the tokens of models could not be counted; the commit goes on")]
    public static partial void TokensNotCounted(this ILogger log, Exception exception, string account);

    [LoggerMessage(1020, LogLevel.Warning, "Session {Session}: no provisional overview could be made; its context is read without one")]
    public static partial void ProvisionalOverviewNotMade(this ILogger log, Exception exception, SessionKey session);

    [LoggerMessage(
        1021,
        LogLevel.Warning,
        "Commit {CommitId} of session {Session}: the built-in digest stands in for the model, for archive {Number} and those before it "
        + "without a digest: {Reason}")]
    public static partial void ArchiveDegraded(this ILogger log, CommitId commitId, SessionKey session, int number, string? reason);

    [LoggerMessage(
        1022,
        LogLevel.Information,
        "Commit {CommitId} of session {Session}: its archive {Number} was digested again by {Processor}, from archives {Covers}")]
    public static partial void ArchiveDigestedAgain(
        this ILogger log, CommitId commitId, SessionKey session, int number, string processor, IReadOnlyList<int> covers);

    [LoggerMessage(
        1023, LogLevel.Warning, "Session {Session}: its degraded archives could not be digested again; a later commit starts that")]
    public static partial void DigestAgainNotStarted(this ILogger log, Exception exception, SessionKey session);

    [LoggerMessage(
        1024,
        LogLevel.Warning,
        "Commit {CommitId} of session {Session}: the model makes nothing of its archive {Number}, which stays degraded, and answers other "
        + "questions")]
    public static partial void DegradedArchivePassedOver(
        this ILogger log, Exception exception, CommitId commitId, SessionKey session, int number);

    [LoggerMessage(1025, LogLevel.Information, "{Count} instances that ended more than {Retention} ago were purged")]
    public static partial void InstancesPurged(this ILogger log, int count, TimeSpan retention);

    [LoggerMessage(1026, LogLevel.Warning, "Instance {InstanceId} could not be purged; the next purge tries again")]
    public static partial void InstanceNotPurged(this ILogger log, Exception exception, string instanceId);

    [LoggerMessage(1027, LogLevel.Warning, "A purge has failed; this host tries again in an hour")]
    public static partial void PurgeFailed(this ILogger log, Exception exception);

    [LoggerMessage(1028, LogLevel.Information, "Session {Session} was deleted: nothing was written in it since {Before}")]
    public static partial void UnusedSessionDeleted(this ILogger log, SessionKey session, DateTimeOffset before);

    [LoggerMessage(1029, LogLevel.Warning, "Session {Session}: it could not be found out whether it is used; the next purge looks again")]
    public static partial void UnusedSessionKept(this ILogger log, Exception exception, SessionKey session);

    [LoggerMessage(1030, LogLevel.Information, "{Count} sessions in which nothing was written for {Retention} are being deleted")]
    public static partial void UnusedSessionsFound(this ILogger log, int count, TimeSpan retention);

    [LoggerMessage(
        1031, LogLevel.Information, "Commit {CommitId} of session {Session}: {Mode} of a digest of archive {Number}, version {Version}")]
    public static partial void DigestChanged(
        this ILogger log, CommitId commitId, SessionKey session, int number, DigestMode mode, int? version);

    [LoggerMessage(
        1032, LogLevel.Information, "Session {Session}: {Count} archives, up to archive {Number}, have expired and were deleted")]
    public static partial void ArchivesExpired(this ILogger log, SessionKey session, int count, int number);

    [LoggerMessage(1033, LogLevel.Warning, "Session {Session}: its old archives could not be found; the next purge looks again")]
    public static partial void OldArchivesKept(this ILogger log, Exception exception, SessionKey session);

    [LoggerMessage(1034, LogLevel.Information, "{Count} sessions have archives that were switched more than {Retention} ago: these expire")]
    public static partial void OldArchivesFound(this ILogger log, int count, TimeSpan retention);

    [LoggerMessage(
        1035, LogLevel.Warning,
        "Commit {CommitId} of session {Session}: messages of its archive {Number} cannot be read, and are not found by search")]
    public static partial void ArchiveNotIndexed(
        this ILogger log, Exception exception, CommitId commitId, SessionKey session, int number);

    [LoggerMessage(
        1036, LogLevel.Warning, "A segment of the search index of user {User} cannot be read, and nothing is found by it: {Blob}")]
    public static partial void SegmentUnreadable(this ILogger log, Exception exception, UserKey user, string blob);

    [LoggerMessage(
        1037, LogLevel.Warning, "The search index of user {User} has more than {Count} segments: the oldest are not searched")]
    public static partial void TooManySegments(this ILogger log, UserKey user, int count);

    [LoggerMessage(1040, LogLevel.Information, "User {User}: {Count} segments of the search index were merged into {Output}")]
    public static partial void SegmentsMerged(this ILogger log, UserKey user, int count, string? output);

    [LoggerMessage(
        1041, LogLevel.Warning, "User {User}: merging the segments of the search index was not started; a later commit starts it")]
    public static partial void MergeNotStarted(this ILogger log, Exception exception, UserKey user);

    [LoggerMessage(
        1045, LogLevel.Warning,
        "User {User} has live messages in more than {Sessions} sessions, or more than {Bytes} bytes of them: the oldest are not searched")]
    public static partial void LiveMessagesLeftOut(this ILogger log, UserKey user, int sessions, long bytes);

    [LoggerMessage(1046, LogLevel.Warning, "Live messages of user {User} cannot be read, and are not found by search: {Blob}")]
    public static partial void LiveMessageUnreadable(this ILogger log, Exception exception, UserKey user, string blob);

    [LoggerMessage(
        1050, LogLevel.Warning, "Session {Session}: messages of its archive {Number} cannot be read, and are left out of its context")]
    public static partial void ArchivedMessagesUnreadable(this ILogger log, Exception exception, SessionKey session, int number);

    [LoggerMessage(1051, LogLevel.Information, "Commit {CommitId} of session {Session}: its end is reported to {Receiver}")]
    public static partial void CommitReported(this ILogger log, CommitId commitId, SessionKey session, WebhookUrl receiver);

    [LoggerMessage(1052, LogLevel.Warning, "Commit {CommitId} of session {Session}: its end is not reported: {Reason}")]
    public static partial void CommitNotReported(this ILogger log, CommitId commitId, SessionKey session, string reason);
}
