using DurableSessions.Core.Identities;
using DurableSessions.Testing;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Tests;

/// <summary>The event ids that operators filter by.</summary>
public sealed class LogTests
{
    private static readonly Dictionary<int, string> s_released = new()
    {
        [1000] = nameof(Log.CommitAccepted),
        [1001] = nameof(Log.ArchiveStaged),
        [1002] = nameof(Log.OtherCommitHelped),
        [1003] = nameof(Log.LiveCleared),
        [1004] = nameof(Log.AbandonedCommitSwitched),
        [1005] = nameof(Log.ArchiveDigested),
        [1006] = nameof(Log.ArchiveSwitched),
        [1007] = nameof(Log.CommitCancelled),
        [1008] = nameof(Log.NextCommitNotWoken),
        [1009] = nameof(Log.MemoriesUnreadable),
        [1010] = nameof(Log.AutoCommitPolicyUnreadable),
        [1011] = nameof(Log.ThresholdExceeded),
        [1012] = nameof(Log.ThresholdCommitNotStarted),
        [1013] = nameof(Log.SessionIdle),
        [1014] = nameof(Log.TombstoneSet),
        [1015] = nameof(Log.BlobsDeleted),
        [1016] = nameof(Log.DeletionEnded),
        [1017] = nameof(Log.StepFailed),
        [1018] = nameof(Log.AccountNotMeasured),
        [1019] = nameof(Log.TokensNotCounted),
        [1020] = nameof(Log.ProvisionalOverviewNotMade),
        [1021] = nameof(Log.ArchiveDegraded),
        [1022] = nameof(Log.ArchiveDigestedAgain),
        [1023] = nameof(Log.DigestAgainNotStarted),
        [1024] = nameof(Log.DegradedArchivePassedOver),
        [1025] = nameof(Log.InstancesPurged),
        [1026] = nameof(Log.InstanceNotPurged),
        [1027] = nameof(Log.PurgeFailed),
        [1028] = nameof(Log.UnusedSessionDeleted),
        [1029] = nameof(Log.UnusedSessionKept),
        [1030] = nameof(Log.UnusedSessionsFound),
        [1031] = nameof(Log.DigestChanged),
        [1032] = nameof(Log.ArchivesExpired),
        [1033] = nameof(Log.OldArchivesKept),
        [1034] = nameof(Log.OldArchivesFound),
    };

    [Fact]
    public void An_event_id_belongs_to_one_message_and_stays_with_it() => EventIds.AssertStable(typeof(Log), 1000, s_released);

    [Fact]
    public void A_list_is_logged_as_its_values()
    {
        var key = new SessionKey("a", "u", "s");
        var commit = CommitId.New(DateTimeOffset.UnixEpoch);
        var log = new Lines();
        log.ArchiveDigested(commit, key, "extractive", [3, 4]);

        Assert.Equal(
            [$"Information 1005 Commit {commit} of session {key}: semantic-process by extractive covers archives 3, 4"], log.Written);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add($"{logLevel} {eventId.Id} {formatter(state, exception)}");
    }
}
