using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>The memory changes of one commit: read, undo.</summary>
internal static class MemoryDiffEndpoints
{
    public static void MapMemoryDiffs(this IEndpointRouteBuilder sessions)
    {
        sessions.MapGet("/{session_id}/archives/{archive_id}/memory_diff", GetAsync).WithWeight(5);
        sessions.MapPost("/{session_id}/archives/{archive_id}/memory_diff/undo", UndoAsync).WithWeight(5 + (3 * MemoryLimits.MaxChanges));
    }

    private static async Task<IResult> GetAsync(HttpContext http, Caller caller, SessionStore store, string session_id, string archive_id)
    {
        SessionKey key = caller.Session(session_id);
        return DiffResult(key, archive_id, await store.Memories.FindDiffAsync(key, Number(key, archive_id), http.RequestAborted));
    }

    private static async Task<IResult> UndoAsync(HttpContext http, Caller caller, SessionStore store, string session_id, string archive_id)
    {
        SessionKey key = caller.Session(session_id);
        int number = Number(key, archive_id);
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        TelemetryField.Check(body.Root);
        return DiffResult(key, archive_id, await store.Memories.UndoAsync(key, number, body.IdempotencyKey, http.RequestAborted));
    }

    private static int Number(SessionKey key, string archiveId) =>
        Wire.ArchiveNumber(Ids.Check(archiveId, Location.Path("archive_id"))) ?? throw new ApiException(Wire.ArchiveNotFound(archiveId));

    private static EnvelopeResult DiffResult(SessionKey key, string archiveId, MemoryDiff? diff) => diff is null
        ? throw new ApiException(ApiError.NotFound($"The commit of {archiveId} changed no memories.", "memory_diff", archiveId))
        : new EnvelopeResult(json => Write(json, key, archiveId, diff));

    private static void Write(Utf8JsonWriter json, SessionKey key, string archiveId, MemoryDiff diff)
    {
        json.WriteStartObject();
        json.WriteString("session_id", key.Id);
        json.WriteString("archive_id", archiveId);
        json.WriteString("task_id", diff.CommitId.Value);
        json.WriteString("applied_at", Wire.Time(diff.AppliedAt));
        json.WriteStartArray("changes");
        foreach (MemoryDifference change in diff.Changes)
        {
            json.WriteStartObject();
            json.WriteString("uri", Wire.MemoryUri(key.User, change.Key));
            json.WriteString("category", Wire.Category(change.Category));
            json.WriteString("name", change.Name);
            MemoryEndpoints.WritePeer(json, change.Peer);
            json.WriteString("before", change.Before);
            json.WriteString("after", change.After);
            MemoryEndpoints.WriteSources(json, change.Sources);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        TaskEndpoints.WriteSkipped(json, diff.Skipped);
        json.WriteEndObject();
    }
}
