using DurableSessions.Core.Identities;
using DurableSessions.Core.Retaining;

namespace DurableSessions.Core.Tasks;

/// <summary>What a commit is asked for.</summary>
public sealed record CommitRequest
{
    /// <summary>The most messages a commit can keep live.</summary>
    public const int MaxKeepRecentCount = 10_000;

    /// <summary>
    /// How many of the newest messages stay live, 0 to <see cref="MaxKeepRecentCount"/>. With <see cref="Turns"/> it is only what the
    /// session says afterwards.
    /// </summary>
    public int KeepRecentCount { get; init; }

    /// <summary>Which turns stay live; <see langword="null"/>: <see cref="KeepRecentCount"/> messages do.</summary>
    public TurnRetention? Turns { get; init; }

    /// <summary>
    /// The tags of memories of events that the commit makes, at most <see cref="State.EventTags.MaxTags"/>, each as
    /// <see cref="State.EventTags.Normalize"/> returns it; empty: none; <see langword="null"/>: those of the session's settings.
    /// </summary>
    public IReadOnlyList<string>? EventTags { get; init; }

    /// <summary>
    /// Where its end is reported, a URL that <see cref="Configuration.WebhookSettings.Refuse"/> takes; <see langword="null"/>: where the
    /// host's settings say.
    /// </summary>
    public string? Webhook { get; init; }

    /// <summary>By which a repetition of this request is recognised.</summary>
    public IdempotencyKey? IdempotencyKey { get; init; }
}
