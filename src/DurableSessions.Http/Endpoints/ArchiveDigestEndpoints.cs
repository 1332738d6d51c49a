using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>The digests of one archive: make another one, put one in place, list them.</summary>
internal static class ArchiveDigestEndpoints
{
    private const string TaskType = "archive_digest";

    // The manifest and the entry, and each digest.
    private const int ListWeight = 2 + DigestService.MaxVersions;

    public static void MapArchiveDigests(this IEndpointRouteBuilder sessions)
    {
        sessions.MapPost("/{session_id}/archives/{archive_id}/digest", StartAsync).WithWeight(25);
        sessions.MapGet("/{session_id}/archives/{archive_id}/digests", ListAsync).WithWeight(ListWeight);
    }

    /// <summary>Writes the task of such a request.</summary>
    public static void Write(Utf8JsonWriter json, DigestTask task)
    {
        json.WriteStartObject();
        TaskEndpoints.WriteStart(json, task.TaskId, TaskType, task.Status.ToString(), task.CreatedAt, task.UpdatedAt, task.Session);
        json.WriteNull("stage");
        json.WriteStartObject("meta");
        json.WriteString("archive_id", Wire.ArchiveId(task.ArchiveNumber));
        json.WriteString("mode", task.Mode.ToString().ToLowerInvariant());
        json.WriteEndObject();
        if (task.Present is { } present)
        {
            json.WriteStartObject("result");
            json.WriteString("session_id", task.Session.Id);
            json.WriteString("archive_uri", Wire.ArchiveUri(task.Session, task.ArchiveNumber));
            json.WritePropertyName("digest");
            Write(json, task.Digest);
            json.WritePropertyName("present");
            Write(json, present);
            if (task.DroppedVersion is { } dropped)
            {
                json.WriteNumber("dropped_version", dropped);
            }

            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("result");
        }

        json.WriteString("error", task.Error);
        json.WriteEndObject();
    }

    private static async Task<IResult> StartAsync(
        HttpContext http, Caller caller, SessionStore store, TimeProvider time, OpenWaits waits, string session_id, string archive_id)
    {
        SessionKey key = caller.Session(session_id);
        int number = Number(archive_id);
        int waitSeconds = Query.Integer(http, "wait", 0, RequestLimits.MaxWaitSeconds, otherwise: 0);
        using JsonBody body = await JsonBody.ReadAsync(http);
        DigestRequest request = DigestBody.Read(body);

        // Before it is started: one that is refused for its wait has not begun.
        using IDisposable? wait = waitSeconds > 0 ? waits.Begin(http) : null;
        DigestTask task = await store.Digests.StartAsync(key, number, request, http.RequestAborted);
        if (waitSeconds > 0)
        {
            string taskId = task.TaskId;
            task = await TaskWait.ForEndAsync(
                token => store.Digests.WaitAsync(caller.Owner, taskId, token), taskId, TimeSpan.FromSeconds(waitSeconds), time,
                RequestKey.EndOf(http));
        }

        http.Response.Headers.Location = $"{http.Request.PathBase}/api/v1/tasks/{task.TaskId}";
        return new EnvelopeResult(json => Write(json, task));
    }

    private static async Task<IResult> ListAsync(HttpContext http, Caller caller, SessionStore store, string session_id, string archive_id)
    {
        SessionKey key = caller.Session(session_id);
        IReadOnlyList<DigestInfo> digests = await store.Digests.ListAsync(key, Number(archive_id), http.RequestAborted);
        return new EnvelopeResult(json =>
        {
            json.WriteStartArray();
            foreach (DigestInfo digest in digests)
            {
                Write(json, digest);
            }

            json.WriteEndArray();
        });
    }

    private static int Number(string archiveId) =>
        Wire.ArchiveNumber(Ids.Check(archiveId, Location.Path("archive_id"))) ?? throw new ApiException(Wire.ArchiveNotFound(archiveId));

    private static void Write(Utf8JsonWriter json, DigestInfo? digest)
    {
        if (digest is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("version", digest.Version);
        json.WriteBoolean("in_place", digest.IsInPlace);
        json.WriteBoolean("was_in_place", digest.WasInPlace);
        json.WriteBoolean("degraded", digest.IsDegraded);
        json.WriteString("processor", digest.Processor);
        json.WriteString("created_at", Wire.Time(digest.CreatedAt));
        json.WriteString("instructions", digest.Instructions);
        json.WriteString("abstract", digest.Abstract);
        json.WriteString("overview", digest.Overview);
        json.WriteStartObject("token_usage");
        TaskEndpoints.WriteUsage(json, "llm", "embedding", digest.Usage ?? TokenUsage.None);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
