using System.Diagnostics;
using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;
using Microsoft.Net.Http.Headers;

namespace DurableSessions.Http.Endpoints;

/// <summary>Commits a session; with <c>wait</c>, the response follows the end of the commit.</summary>
internal static class CommitEndpoints
{
    public static void MapCommits(this IEndpointRouteBuilder sessions) =>
        sessions.MapPost("/{session_id}/commit", CommitAsync).WithWeight(25);

    private static async Task<IResult> CommitAsync(
        HttpContext http,
        Caller caller,
        SessionStore store,
        IOptions<SessionOptions> options,
        TimeProvider time,
        OpenWaits waits,
        string session_id)
    {
        SessionKey key = caller.Session(session_id);
        int waitSeconds = Query.Integer(http, "wait", 0, RequestLimits.MaxWaitSeconds, otherwise: 0);
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        CommitRequest request = CommitBody.Read(body, options.Value.Webhooks);

        // Before the commit is started: one that is refused for its wait has not begun.
        using IDisposable? wait = waitSeconds > 0 ? waits.Begin(http) : null;
        CommitAnswer answer = await CommitOrSkipAsync(store, key, request, http.RequestAborted);
        string traceId = Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;
        if (answer.Task is not { } task)
        {
            return new EnvelopeResult(json => WriteSkipped(json, key, Wire.SkipReason(answer.SkipReason), traceId));
        }

        if (waitSeconds > 0)
        {
            string taskId = task.TaskId;
            task = await TaskWait.ForEndAsync(
                token => store.Tasks.WaitAsync(caller.Owner, taskId, token), taskId, TimeSpan.FromSeconds(waitSeconds), time,
                RequestKey.EndOf(http));
        }

        http.Response.Headers.Location = $"{http.Request.PathBase}/api/v1/tasks/{task.TaskId}";
        http.Response.Headers[HeaderNames.Link] =
            $"<{http.Request.PathBase}/runtime/webhooks/durabletask/instances/{task.TaskId}>; rel=\"monitor\"";
        return new EnvelopeResult(json => WriteAccepted(json, task, traceId, waitSeconds > 0));
    }

    // Clients commit at the end of every conversation, also where no message was appended and no session created; after an error they
    // would send the commit again. Nothing is created, not even for an Idempotency-Key: once the session exists, that request commits it.
    private static async Task<CommitAnswer> CommitOrSkipAsync(
        SessionStore store, SessionKey key, CommitRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await store.Commits.CommitAsync(key, request, cancellationToken);
        }
        catch (SessionNotFoundException)
        {
            return new CommitAnswer(null, SkipReason.NoMessages);
        }
    }

    private static void WriteAccepted(Utf8JsonWriter json, CommitTask task, string traceId, bool withTask)
    {
        json.WriteStartObject();
        json.WriteString("session_id", task.Session.Id);
        json.WriteString("status", "accepted");
        json.WriteString("task_id", task.TaskId);
        json.WriteString("archive_uri", task.ArchiveNumber is { } number ? Wire.ArchiveUri(task.Session, number) : null);
        json.WriteBoolean("archived", true);
        json.WriteString("trace_id", traceId);
        if (withTask)
        {
            json.WritePropertyName("task");
            TaskEndpoints.Write(json, task);
        }

        json.WriteEndObject();
    }

    private static void WriteSkipped(Utf8JsonWriter json, SessionKey key, string? reason, string traceId)
    {
        json.WriteStartObject();
        json.WriteString("session_id", key.Id);
        json.WriteString("status", "skipped");
        json.WriteNull("task_id");
        json.WriteNull("archive_uri");
        json.WriteBoolean("archived", false);
        json.WriteString("reason", reason);
        json.WriteString("trace_id", traceId);
        json.WriteEndObject();
    }
}
