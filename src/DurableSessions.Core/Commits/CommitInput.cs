using System.Text.Json.Serialization;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Commits;

/// <summary>What a commit is asked to do. Its id is the id of its orchestration instance.</summary>
public sealed record CommitInput
{
    /// <summary>The session.</summary>
    public required SessionKey Session { get; init; }

    /// <summary>Which session of that id: a deleted and recreated one is another.</summary>
    public required string Incarnation { get; init; }

    /// <summary>The commit's id.</summary>
    public required CommitId CommitId { get; init; }

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

    /// <summary>
    /// The tags of memories of events that it makes, at most <see cref="State.EventTags.MaxTags"/>, each as
    /// <see cref="State.EventTags.Normalize"/> returns it; empty: none; <see langword="null"/>: those of the session's
    /// settings when it cuts.
    /// </summary>
    public IReadOnlyList<string>? EventTags { get; init; }

    /// <summary>As <see cref="Webhook"/>: that of the settings of the host that reports it.</summary>
    internal const string HostsWebhook = "";

    /// <summary>
    /// Where its end is reported: an URL, or, where it is empty, what a host's settings say; <see langword="null"/>: nowhere. It is decided
    /// when the commit is accepted.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Webhook { get; init; }

    /// <summary>How the semantic step is tried.</summary>
    public required SemanticPolicy Semantic { get; init; }

    /// <summary>SHA-256 of the request that carried an idempotency key, in lower-case hexadecimal.</summary>
    public string? RequestHash { get; init; }

    /// <summary>When the commit was accepted, by the accepting host's clock.</summary>
    public DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The attempt that this is the input of.</summary>
    [JsonIgnore]
    internal CommitAttempt ThisAttempt => new(Session, Incarnation, CommitId, Attempt);

    /// <summary>How its instance is scheduled.</summary>
    [JsonIgnore]
    internal StartOrchestrationOptions Start => new(CommitId.Value)
    {
        FairnessKey = Session.Owner.ToString(),
        Tags = new Dictionary<string, string> { [CommitNames.SessionTag] = Session.Id },
    };

    /// <summary>What it keeps live.</summary>
    [JsonIgnore]
    internal CutRetention Retention => new(KeepRecentCount, Turns, IsIdle);
}
