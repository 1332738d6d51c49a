using System.Text.Json;
using DurableSessions.Core.State;

namespace DurableSessions.Http.Envelope;

/// <summary>Writes the settings of a session.</summary>
internal static class SettingsJson
{
    /// <summary>Writes the settings that every response has. Where a client has set nothing, they are the defaults.</summary>
    public static void Write(Utf8JsonWriter json, SessionSettings settings)
    {
        Write(json, settings.AutoCommitPolicy);
        json.WriteStartObject("memory_extraction_config");
        json.WriteStartObject("events");
        WriteTexts(json, "tags", settings.MemoryExtractionConfig?.Events?.Tags ?? []);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes what a client has set of its memory policy; <c>null</c> where it has set none.</summary>
    public static void WriteMemoryPolicy(Utf8JsonWriter json, MemoryPolicy? policy)
    {
        if (policy is null)
        {
            json.WriteNull("memory_policy");
            return;
        }

        json.WriteStartObject("memory_policy");
        WriteTarget(json, "self", policy.Self);
        WriteTarget(json, "peer", policy.Peer);
        WriteTarget(json, "working_memory", policy.WorkingMemory);
        if (policy.MemoryTypes is { } types)
        {
            WriteTexts(json, "memory_types", types);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AutoCommitPolicy? policy)
    {
        if (policy is null)
        {
            json.WriteNull("auto_commit_policy");
            return;
        }

        json.WriteStartObject("auto_commit_policy");
        json.WriteNumber("pending_token_threshold", policy.PendingTokenThreshold);
        json.WriteNumber("message_count_threshold", policy.MessageCountThreshold);
        json.WriteNumber("idle_timeout_seconds", policy.IdleTimeoutSeconds);
        json.WriteNumber("keep_recent_count", policy.KeepRecentCount);
        json.WriteNumber("min_commit_interval_seconds", policy.MinCommitIntervalSeconds);
        json.WriteEndObject();
    }

    private static void WriteTarget(Utf8JsonWriter json, string name, MemoryTarget? target)
    {
        if (target is null)
        {
            return;
        }

        json.WriteStartObject(name);
        if (target.Enabled is { } enabled)
        {
            json.WriteBoolean("enabled", enabled);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes a list of texts.</summary>
    public static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
