using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>Changes the settings of a session.</summary>
internal static class ConfigEndpoints
{
    public static void MapConfig(this IEndpointRouteBuilder sessions) =>
        sessions.MapPatch("/{session_id}/config", ConfigureAsync).WithSessionNotFoundFilter();

    /// <summary>Writes the settings that responses contain. Where a client has set nothing, they are the defaults.</summary>
    public static void Write(Utf8JsonWriter json, SessionSettings settings)
    {
        if (settings.AutoCommitPolicy is { } policy)
        {
            Write(json, policy);
        }
        else
        {
            json.WriteNull("auto_commit_policy");
        }

        json.WritePropertyName("memory_extraction_config");
        if (settings.MemoryExtractionConfig is { } config)
        {
            config.WriteTo(json);
        }
        else
        {
            json.WriteRawValue("""{"events":{"tags":[]}}"""u8);
        }
    }

    private static async Task<IResult> ConfigureAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        Func<SessionSettings, SessionSettings> change = SettingsBody.ReadChange(body.Root);
        TelemetryField.Check(body.Root);
        SessionSettings settings = await store.Sessions.ConfigureAsync(key, change, http.RequestAborted);
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteString("session_id", key.Id);
            Write(json, settings);
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, AutoCommitPolicy policy)
    {
        json.WriteStartObject("auto_commit_policy");
        json.WriteNumber("pending_token_threshold", policy.PendingTokenThreshold);
        json.WriteNumber("message_count_threshold", policy.MessageCountThreshold);
        json.WriteNumber("idle_timeout_seconds", policy.IdleTimeoutSeconds);
        json.WriteNumber("keep_recent_count", policy.KeepRecentCount);
        json.WriteNumber("min_commit_interval_seconds", policy.MinCommitIntervalSeconds);
        json.WriteEndObject();
    }
}
