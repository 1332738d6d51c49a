using System.Numerics;
using DurableSessions.Core.State;

namespace DurableSessions.Http.Requests;

/// <summary>Reads the settings of a session.</summary>
internal static class SettingsBody
{
    private const int MaxMemoryTypes = 100;
    private const int MaxMemoryTypeLength = 128;

    // All types of the wire. Experiences are cases; others that are not categories of this service are stored too, and extract nothing.
    private static readonly string[] MemoryTypes =
        ["profile", "preferences", "entities", "events", "cases", "trajectories", "experiences", "identity", "soul", "tools"];

    /// <summary>
    /// Reads the settings of a new session. An absent policy is that of <paramref name="initial"/>, <c>null</c> turns it off; absent
    /// fields of a policy have the defaults of the wire.
    /// </summary>
    public static SessionSettings Read(JsonField body, SessionSettings initial) => initial with
    {
        MemoryPolicy = MemoryPolicy(body["memory_policy"]),
        AutoCommitPolicy = body["auto_commit_policy"] is { IsGiven: true } policy
            ? AutoCommitPolicy(policy, current: null)
            : initial.AutoCommitPolicy,
        MemoryExtractionConfig = MemoryExtractionConfig(body["memory_extraction_config"]),
    };

    /// <summary>
    /// Reads a change of settings: absent settings stay unchanged, and a policy is changed field by field.
    /// </summary>
    public static Func<SessionSettings, SessionSettings> ReadChange(JsonField body)
    {
        body.Strict("auto_commit_policy", "memory_extraction_config", "telemetry");
        JsonField policy = body["auto_commit_policy"];
        MemoryExtractionConfig? extraction = MemoryExtractionConfig(body["memory_extraction_config"]);
        AutoCommitPolicy(policy, new AutoCommitPolicy());
        return current => current with
        {
            AutoCommitPolicy = policy.IsGiven ? AutoCommitPolicy(policy, current.AutoCommitPolicy) : current.AutoCommitPolicy,
            MemoryExtractionConfig = extraction ?? current.MemoryExtractionConfig,
        };
    }

    /// <summary>
    /// Reads tags, of each key the last value, as OpenViking does; <see langword="null"/> where the field is not there, or is
    /// <c>null</c>.
    /// </summary>
    public static IReadOnlyList<string>? ReadTags(JsonField tags)
    {
        return tags.IsSet ? EventTags.Union([], [.. tags.Items(EventTags.MaxTags).Select(Tag)]) : null;

        static string Tag(JsonField tag) => EventTags.Normalize(tag.Text()) ?? throw tag.Invalid(
            $"must be key=value, with one '=', in at most {EventTags.MaxTagLength} characters.", "string_pattern_mismatch");
    }

    private static MemoryPolicy? MemoryPolicy(JsonField policy)
    {
        if (!policy.IsSet)
        {
            return null;
        }

        policy.Strict("self", "peer", "working_memory", "memory_types");
        var given = new MemoryPolicy
        {
            Self = Target(policy["self"]),
            Peer = Target(policy["peer"]),
            WorkingMemory = Target(policy["working_memory"]),
            MemoryTypes = policy["memory_types"] is { IsSet: true } types ? [.. types.Items(MaxMemoryTypes).Select(Type)] : null,
        };
        CheckSize(policy);
        return given;

        static MemoryTarget? Target(JsonField target) => target.IsSet
            ? new MemoryTarget(target.Strict("enabled")["enabled"] is { IsSet: true } enabled ? enabled.Boolean() : null)
            : null;

        static string Type(JsonField type) => MemoryTypes.Contains(type.Label(MaxMemoryTypeLength), StringComparer.Ordinal)
            ? type.Text()
            : throw type.Invalid($"is not known; there are {string.Join(", ", MemoryTypes)}.", "literal_error");
    }

    // Absent fields stay unchanged, or have their defaults. The policy itself clamps values that are too large.
    private static AutoCommitPolicy? AutoCommitPolicy(JsonField policy, AutoCommitPolicy? current)
    {
        if (!policy.IsSet)
        {
            return null;
        }

        policy.Strict(
            "pending_token_threshold",
            "message_count_threshold",
            "idle_timeout_seconds",
            "keep_recent_count",
            "min_commit_interval_seconds");
        current ??= new AutoCommitPolicy();
        return new AutoCommitPolicy
        {
            PendingTokenThreshold = Clamped(policy["pending_token_threshold"], current.PendingTokenThreshold),
            MessageCountThreshold = Clamped(policy["message_count_threshold"], current.MessageCountThreshold),
            IdleTimeoutSeconds = Clamped(policy["idle_timeout_seconds"], current.IdleTimeoutSeconds),
            KeepRecentCount = Clamped(policy["keep_recent_count"], current.KeepRecentCount),
            MinCommitIntervalSeconds = Clamped(policy["min_commit_interval_seconds"], current.MinCommitIntervalSeconds),
        };
    }

    private static int Clamped(JsonField field, int current) =>
        field.IsGiven ? (int)BigInteger.Clamp(field.Integer(), 0, int.MaxValue) : current;

    private static MemoryExtractionConfig? MemoryExtractionConfig(JsonField config)
    {
        if (!config.IsSet || config.Strict("events")["events"] is not { IsSet: true } events
            || ReadTags(events.Strict("tags")["tags"]) is not { } tags)
        {
            return null;
        }

        CheckSize(config);
        return new MemoryExtractionConfig(new EventExtractionConfig(tags));
    }

    private static void CheckSize(JsonField field)
    {
        if (field.Raw.Length > RequestLimits.MaxSettingBytes)
        {
            throw field.Invalid($"must be at most {RequestLimits.MaxSettingBytes} bytes.", "too_long");
        }
    }
}
