using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>Sessions: create, list, get, delete.</summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this IEndpointRouteBuilder sessions)
    {
        sessions.MapPost("/", CreateAsync).WithWeight(6);
        sessions.MapGet("/", ListAsync).WithWeight(
            static query => ListingCursor.Weight(query, otherwise: SessionService.MaxPage));
        sessions.MapGet("/{session_id}", GetAsync).WithWeight(6).WithSessionNotFoundFilter();
        sessions.MapDelete("/{session_id}", DeleteAsync).WithWeight(20);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, Caller caller, SessionStore store)
    {
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        JsonField id = body.Root["session_id"];
        string? sessionId = id.IsSet ? Ids.Check(id.Text(), id.At) : null;
        SessionSettings settings = SettingsBody.Read(body.Root, store.Sessions.InitialSettings);
        TelemetryField.Check(body.Root);
        SessionKey key = await store.Sessions.CreateAsync(
            caller.Owner, sessionId, settings, body.IdempotencyKey, http.RequestAborted);
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteString("session_id", key.Id);
            json.WriteString("uri", Wire.SessionUri(key));
            WriteUser(json, key);
            SettingsJson.Write(json, settings);
            json.WriteEndObject();
        });
    }

    private static async Task<IResult> ListAsync(HttpContext http, Caller caller, SessionStore store)
    {
        int limit = Query.Integer(http, "limit", 1, SessionService.MaxPage, otherwise: SessionService.MaxPage);
        SessionPage page = await ListingCursor.ContinueAsync(
            http, cursor => store.Sessions.ListAsync(caller.Owner, limit, cursor, http.RequestAborted), static p => p.Cursor);
        return new EnvelopeResult(json =>
        {
            json.WriteStartArray();
            foreach (SessionListItem item in page.Items)
            {
                json.WriteStartObject();
                json.WriteString("session_id", item.SessionId);
                json.WriteString("uri", Wire.SessionUri(caller.Owner.Session(item.SessionId)));
                json.WriteBoolean("is_dir", true);
                json.WriteString("mod_time", Wire.Time(item.ModifiedAt));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task<IResult> GetAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        bool autoCreate = Query.Boolean(http, "auto_create");
        if (autoCreate && BrowserOrigin.ForeignHeader(http.Request) is { } foreign)
        {
            throw new ApiException(ApiError.PermissionDenied(
                Location.Query("auto_create"),
                $"a page of another site creates no session; the request's {foreign} says that it comes from one.",
                RefusalReason.ForeignPage));
        }

        try
        {
            SessionInfo session = await store.Sessions.GetAsync(key, autoCreate && !caller.IsReadOnly, http.RequestAborted);
            return new EnvelopeResult(json => Write(json, session));
        }
        catch (SessionNotFoundException) when (autoCreate && caller.IsReadOnly)
        {
            throw new ApiException(ApiError.PermissionDenied(
                Location.Query("auto_create"),
                "the session does not exist, and the scope of this key is read-only.",
                RefusalReason.ReadOnlyKey));
        }
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        await store.Sessions.DeleteAsync(key, http.RequestAborted);
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteString("session_id", key.Id);
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, SessionInfo session)
    {
        json.WriteStartObject();
        json.WriteString("session_id", session.Key.Id);
        json.WriteString("created_by_account_id", session.Key.Account);
        json.WriteString("created_by_user_id", session.Key.User);
        json.WriteString("created_at", Wire.Time(session.CreatedAt));
        json.WriteString("updated_at", Wire.Time(session.UpdatedAt));
        json.WriteNumber("message_count", session.MessageCount);
        json.WriteNumber("total_message_count", session.TotalMessageCount);
        json.WriteNumber("commit_count", session.CommitCount);
        json.WriteNumber("pending_tokens", session.PendingTokens);
        json.WriteString("last_commit_at", session.LastCommitAt is { } committed ? Wire.Time(committed) : "");
        json.WriteString("last_message_at", session.LastMessageAt ?? "");
        json.WriteString("last_auto_commit_at", session.LastAutoCommitAt is { } automatic ? Wire.Time(automatic) : "");
        TaskEndpoints.WriteUsage(json, "llm_token_usage", "embedding_token_usage", session.Usage);
        json.WriteNumber("keep_recent_count", session.KeepRecentCount);
        WriteRetention(json, session.TurnRetention);
        SettingsJson.WriteMemoryPolicy(json, session.Settings.MemoryPolicy);
        SettingsJson.Write(json, session.Settings);
        json.WriteString("uri", Wire.SessionUri(session.Key));
        WriteUser(json, session.Key);
        json.WriteStartObject("memories_extracted");
        json.WriteNumber("total", session.MemoriesExtracted);
        foreach ((MemoryCategory category, long count) in session.MemoriesByCategory.OrderBy(static c => c.Key))
        {
            json.WriteNumber(Wire.Category(category), count);
        }

        json.WriteEndObject();
        WriteArchives(json, "pending_archives", session.PendingArchives);
        WriteArchives(json, "uncovered_archives", session.UncoveredArchives);
        json.WriteEndObject();
    }

    private static void WriteRetention(Utf8JsonWriter json, TurnRetention? turns)
    {
        json.WriteString("retention_mode", turns is null ? "" : CommitBody.TurnBudget);
        json.WriteNumber("keep_recent_turn_count", turns?.KeepTurns ?? 0);
        json.WriteNumber("retained_message_token_budget", turns?.TokenBudget ?? 0);
        json.WriteNumber("min_raw_tail_steps", turns?.MinTailSteps ?? 1);
    }

    private static void WriteUser(Utf8JsonWriter json, SessionKey key)
    {
        json.WriteStartObject("user");
        json.WriteString("account_id", key.Account);
        json.WriteString("user_id", key.User);
        json.WriteEndObject();
    }

    private static void WriteArchives(Utf8JsonWriter json, string name, IReadOnlyList<ArchiveTask> archives)
    {
        json.WriteStartArray(name);
        foreach (ArchiveTask archive in archives)
        {
            json.WriteStartObject();
            json.WriteString("archive_id", Wire.ArchiveId(archive.Number));
            json.WriteString("task_id", archive.TaskId);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
