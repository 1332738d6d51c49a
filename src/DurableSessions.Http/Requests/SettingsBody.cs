using System.Numerics;
using System.Text.Json;
using DurableSessions.Core.Sessions;

namespace DurableSessions.Http.Requests;

/// <summary>Reads what a client sets on a session.</summary>
internal static class SettingsBody
{
    private const int MaxTags = 100;
    private const int MaxTagLength = 256;
    private const int MaxMemoryTypes = 100;
    private const int MaxMemoryTypeLength = 128;

    // Field, default, most.
    private static readonly (string Name, int Default, int Max)[] AutoCommitFields =
    [
        ("pending_token_threshold", 150_000, 1_000_000),
        ("message_count_threshold", 100, 1_000),
        ("idle_timeout_seconds", 86_400, 604_800),
        ("keep_recent_count", 0, 1_000),
        ("min_commit_interval_seconds", 0, 604_800),
    ];

    public static SessionSettings Read(JsonField body) => new()
    {
        MemoryPolicy = MemoryPolicy(body["memory_policy"]),
        AutoCommitPolicy = AutoCommitPolicy(body["auto_commit_policy"]),
        MemoryExtractionConfig = MemoryExtractionConfig(body["memory_extraction_config"]),
    };

    /// <summary>Tags of events: kept as they came.</summary>
    public static void CheckTags(JsonField tags)
    {
        if (tags.IsSet)
        {
            foreach (JsonField tag in tags.Items(MaxTags))
            {
                tag.Label(MaxTagLength);
            }
        }
    }

    private static JsonElement? MemoryPolicy(JsonField policy)
    {
        if (!policy.IsSet)
        {
            return null;
        }

        policy.Object();
        foreach (string name in (string[])["self", "peer", "working_memory"])
        {
            if (policy[name] is { IsSet: true } target && target.Object()["enabled"] is { IsSet: true } enabled)
            {
                enabled.Boolean();
            }
        }

        if (policy["memory_types"] is { IsSet: true } types)
        {
            foreach (JsonField type in types.Items(MaxMemoryTypes))
            {
                type.Label(MaxMemoryTypeLength);
            }
        }

        return Kept(policy);
    }

    // Whole: a field that is absent has its default.
    private static JsonElement? AutoCommitPolicy(JsonField policy)
    {
        if (!policy.IsSet)
        {
            return null;
        }

        policy.Strict([.. AutoCommitFields.Select(static f => f.Name)]);
        return JsonSerializer.SerializeToElement(AutoCommitFields.ToDictionary(
            static f => f.Name,
            f => policy[f.Name] is { IsGiven: true } field ? (int)BigInteger.Clamp(field.Integer(), 0, f.Max) : f.Default));
    }

    private static JsonElement? MemoryExtractionConfig(JsonField config)
    {
        if (!config.IsSet || config.Strict("events")["events"] is not { IsSet: true } events)
        {
            return null;
        }

        CheckTags(events.Strict("tags")["tags"]);
        return events["tags"].IsSet ? Kept(config) : null;
    }

    private static JsonElement Kept(JsonField field) => field.Raw.Length <= RequestLimits.MaxSettingBytes
        ? field.Value.Clone()
        : throw field.Invalid($"must be at most {RequestLimits.MaxSettingBytes} bytes.", "too_long");
}
