using System.Text.Json.Serialization;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits;

/// <summary>The names that stand in histories: of the orchestrator, its activities and its events. They are never changed.</summary>
public static class CommitNames
{
    /// <summary>The commit's orchestrator.</summary>
    public const string Orchestrator = "commit-session";

    /// <summary>The first step.</summary>
    public const string ArchiveToTemp = "archive-to-temp";

    /// <summary>The second step.</summary>
    public const string ClearLive = "clear-live";

    /// <summary>Looks whether all commits before this one have been switched.</summary>
    public const string CheckTurn = "check-turn";

    /// <summary>The third step.</summary>
    public const string SemanticProcess = "semantic-process";

    /// <summary>The fourth step.</summary>
    public const string Switch = "switch";

    /// <summary>Closes a commit that has not cleared anything.</summary>
    public const string CancelCommit = "cancel-commit";

    /// <summary>The event that a predecessor raises when it has ended. It only wakes: the manifest decides.</summary>
    public const string TurnEvent = "turn";

    /// <summary>The event by which a user cancels.</summary>
    public const string CancelEvent = "cancel";
}

/// <summary>What a commit is asked to do. Its id is the id of its orchestration instance.</summary>
public sealed record CommitInput
{
    /// <summary>The session.</summary>
    public required SessionKey Session { get; init; }

    /// <summary>Which session of that id: a deleted and recreated one is another.</summary>
    public required string Incarnation { get; init; }

    /// <summary>The commit's id.</summary>
    public required string CommitId { get; init; }

    /// <summary>1, and one more for each retry of a failed or cancelled commit.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>How many of the newest messages stay live, 0 to 10,000, unless <see cref="Turns"/> do.</summary>
    public int KeepRecentCount { get; init; }

    /// <summary>Which turns stay live; <see langword="null"/>: <see cref="KeepRecentCount"/> messages do.</summary>
    public TurnRetention? Turns { get; init; }

    /// <summary>
    /// Whether it was started because the session was idle: it archives everything once, and the session goes on remembering the
    /// <see cref="KeepRecentCount"/> of the commit before. Not set in inputs that were written before there was this field: those commits
    /// are remembered like all others.
    /// </summary>
    public bool IsIdle { get; init; }

    /// <summary>How the semantic step is tried.</summary>
    public required SemanticPolicy Semantic { get; init; }

    /// <summary>SHA-256 of the request that carried an idempotency key, in lower-case hexadecimal.</summary>
    public string? RequestHash { get; init; }

    /// <summary>When the commit was accepted, by the accepting host's clock.</summary>
    public DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The attempt that this is the input of.</summary>
    [JsonIgnore]
    internal CommitAttempt ThisAttempt => new(Session, Incarnation, CommitId, Attempt);

    /// <summary>What it keeps live.</summary>
    [JsonIgnore]
    internal CutKeep Keep => new(KeepRecentCount, Turns, IsIdle);
}

/// <summary>How the semantic step is tried, and what happens when it fails. Part of the input, so that a replay sees the same.</summary>
public sealed record SemanticPolicy
{
    /// <summary>Attempts in all; at least 1.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>The wait after the first attempt; it doubles, up to 5 minutes.</summary>
    public TimeSpan FirstRetryInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one attempt may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether the built-in digest stands in when all attempts have failed; otherwise the task fails and the archive stays uncovered.</summary>
    public bool FallBack { get; init; } = true;
}

/// <summary>What a commit's task says when it has ended.</summary>
public sealed record CommitOutput
{
    /// <summary>What became of it.</summary>
    public required CommitFate Fate { get; init; }

    internal const string SessionDeletedReason = "session deleted";

    /// <summary>Whether it was cancelled; with an archive where that came after clear-live.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Why nothing was archived, one of <see cref="SkipReasons"/>; or why it was cancelled.</summary>
    public string? Reason { get; init; }

    /// <summary>The archive's number, where there is one.</summary>
    public int? Number { get; init; }

    /// <summary>How far the archive was digested.</summary>
    public ArchiveState? State { get; init; }

    /// <summary>What the archive holds.</summary>
    public StagedCounts? Counts { get; init; }

    /// <summary>What the model has taken and given; <see langword="null"/> where there was no model.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>What became of memories; <see langword="null"/> where there was no digest.</summary>
    public MemoryReport? Memories { get; init; }

    internal bool IsSessionDeleted => Cancelled && Reason == SessionDeletedReason;
}

/// <summary>What a poller sees while a commit runs.</summary>
/// <param name="Stage"><c>archiving, waiting_turn, summarizing, switching</c>.</param>
/// <param name="Number">The archive's number, from clear-live on.</param>
/// <param name="Cancelling">Whether a cancellation has been seen.</param>
public sealed record CommitStatus(string Stage, int? Number = null, bool Cancelling = false);

/// <summary>A user's wish that a commit ends.</summary>
/// <param name="Reason">Told in the task.</param>
/// <param name="Attempt">
/// The attempt that is to end, from 1: any other ignores the event, which may come late. <see langword="null"/>, as older versions and
/// events raised by hand have it: whichever attempt runs.
/// </param>
public sealed record CancelRequest(string? Reason, int? Attempt = null);

/// <summary>Where a commit stands after its first or second step.</summary>
internal sealed record CommitProgress
{
    /// <summary>Set once it is decided; until then the next step has something to do.</summary>
    public CommitFate? Fate { get; init; }

    public string? Reason { get; init; }

    /// <summary>What was staged.</summary>
    public StagedCounts? Counts { get; init; }

    /// <summary>The archive's number, from clear-live on.</summary>
    public int? Number { get; init; }

    /// <summary>How many commits are still to be switched before this one.</summary>
    public int Ahead { get; init; }

    /// <summary>Set where the archive was switched before: by an earlier attempt, or by somebody who took this commit for dead.</summary>
    public ArchiveState? State { get; init; }

    /// <summary>What became of memories; after the switch.</summary>
    public MemoryReport? Memories { get; init; }
}

/// <summary>What the semantic step is called with.</summary>
internal sealed record SemanticInput(CommitInput Commit, bool Fallback);

/// <summary>How the semantic step ended.</summary>
/// <param name="State">Covered or degraded.</param>
/// <param name="Semantic">The document, unless another commit's covers the archive.</param>
internal sealed record SemanticOutcome(ArchiveState State, string? Semantic)
{
    /// <summary>How many changes of memories the document asks for; where it asks for none, nobody needs to read it.</summary>
    public int MemoryChanges { get; init; }

    /// <summary>What the model has taken and given for it.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>What it says of memories besides; <see langword="null"/> where it says nothing.</summary>
    public MemoryReport? Memories { get; init; }
}

/// <summary>What the switch is called with.</summary>
internal sealed record SwitchInput(CommitInput Commit, SemanticOutcome Outcome);

/// <summary>What a cancellation is called with.</summary>
internal sealed record CancelInput(CommitInput Commit, string? Reason);

/// <summary>The session was deleted while the commit ran: the commit ends as cancelled, and nothing is recreated.</summary>
internal sealed class SessionGoneException(SessionKey key)
    : Orchestration.NonRetriableTaskException($"Session '{key.Session}' was deleted.");
