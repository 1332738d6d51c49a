using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace DurableSessions.Http.Endpoints;

/// <summary>Tasks of commits: list, read, follow, cancel, retry.</summary>
internal static class TaskEndpoints
{
    private const string TaskType = "session_commit";
    private const int MaxPage = 200;
    private const int DefaultPage = 50;

    // An instance that has ended is looked for among those that have not, first.
    private const int RequestsPerTask = 2;

    private static readonly string[] Statuses = [.. Enum.GetNames<CommitTaskStatus>().Select(static s => s.ToLowerInvariant())];

    public static void MapTasks(this IEndpointRouteBuilder tasks)
    {
        tasks.MapGet("/", ListAsync).WithWeight(
            static query => 1 + (RequestsPerTask * ReadAtOnce(query.Number("limit", MaxPage, otherwise: DefaultPage))));
        tasks.MapGet("/{task_id}", GetAsync).WithWeight(6);
        tasks.MapGet("/{task_id}/events", EventsAsync).WithWeight(10);
        tasks.MapPost("/{task_id}/cancel", CancelAsync).WithWeight(10);
        tasks.MapPost("/{task_id}/retry", RetryAsync).WithWeight(25);
    }

    /// <summary>Writes a task, as all routes send it.</summary>
    public static void Write(Utf8JsonWriter json, CommitTask task)
    {
        json.WriteStartObject();
        WriteStart(json, task.TaskId, TaskType, task.Status.ToString(), task.CreatedAt, task.UpdatedAt, task.Session);
        json.WriteString("stage", Wire.Stage(task.Stage));
        json.WriteStartObject("meta");
        json.WriteNumber("attempt", task.Attempt);
        json.WriteEndObject();
        WriteResult(json, task);
        json.WriteString("error", task.Error);
        json.WriteEndObject();
    }

    /// <summary>Writes what tasks of every type have in common.</summary>
    public static void WriteStart(
        Utf8JsonWriter json, string id, string type, string status, DateTimeOffset createdAt, DateTimeOffset updatedAt, SessionKey session)
    {
        json.WriteString("task_id", id);
        json.WriteString("task_type", type);
        json.WriteString("status", status.ToLowerInvariant());
        json.WriteUnixTime("created_at", createdAt);
        json.WriteUnixTime("updated_at", updatedAt);
        json.WriteString("created_at_iso", Wire.Time(createdAt));
        json.WriteString("updated_at_iso", Wire.Time(updatedAt));
        json.WriteString("resource_id", session.Id);
    }

    private static async Task<IResult> ListAsync(HttpContext http, Caller caller, SessionStore store)
    {
        string? resource = Query.Text(http, "resource_id", SessionKey.MaxIdLength);
        int limit = Query.Integer(http, "limit", 1, MaxPage, otherwise: DefaultPage);
        var query = new CommitTaskQuery
        {
            Session = resource is null ? null : Ids.Check(resource, Location.Query("resource_id")),
            Status = Status(http),
            Limit = limit,
            Reading = Reading(RequestCost.Find(http), ReadAtOnce(limit)),
        };
        IReadOnlyList<CommitTask> tasks = Query.Text(http, "task_type", SessionKey.MaxIdLength) is null or TaskType
            ? await store.Tasks.ListAsync(caller.Owner, query, http.RequestAborted)
            : [];
        return new EnvelopeResult(json =>
        {
            json.WriteStartArray();
            foreach (CommitTask task in tasks)
            {
                Write(json, task);
            }

            json.WriteEndArray();
        });
    }

    private static async Task<IResult> GetAsync(
        HttpContext http, Caller caller, SessionStore store, TimeProvider time, OpenWaits waits, IHostApplicationLifetime host,
        string task_id)
    {
        Check(task_id);
        int waitSeconds = Query.Integer(http, "wait", 0, RequestLimits.MaxWaitSeconds, otherwise: 0);
        using IDisposable? wait = waitSeconds > 0 ? waits.Begin(http) : null;
        var task = await TaskView.ReadAsync(store, caller.Owner, task_id, http.RequestAborted);
        if (waitSeconds > 0 && !await NextAsync())
        {
            task = await TaskView.ReadAsync(store, caller.Owner, task_id, http.RequestAborted);
        }

        http.Response.Headers.ETag = task.ETag.ToString();
        return TaskView.IsKnown(http.Request, task)
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : new EnvelopeResult(task.Write);

        // False: the time is over, or the host stops.
        async Task<bool> NextAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(waitSeconds), time);
            using var either =
                CancellationTokenSource.CreateLinkedTokenSource(limit.Token, host.ApplicationStopping, http.RequestAborted);
            bool hasTags = http.Request.Headers.IfNoneMatch.Count > 0;
            if (hasTags && !TaskView.IsKnown(http.Request, task))
            {
                return true;
            }

            string state = task.State;
            try
            {
                task = await task.WaitForChangeAsync(
                    next => hasTags ? !TaskView.IsKnown(http.Request, next) : next.State != state, either.Token);
                return true;
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    private static async Task<IResult> EventsAsync(
        HttpContext http, Caller caller, SessionStore store, TimeProvider time, OpenWaits waits, string task_id)
    {
        Check(task_id);
        using IDisposable wait = waits.Begin(http);
        var task = await TaskView.ReadAsync(store, caller.Owner, task_id, http.RequestAborted);
        string? lastId = http.Request.Headers["Last-Event-ID"];
        if (task.IsOver && TaskView.StateOf(lastId) == task.State)
        {
            // With another status an EventSource would connect again, for ever.
            return Results.NoContent();
        }

        await TaskEvents.SendAsync(http, task, TaskView.StateOf(lastId), time);
        return Results.Empty;
    }

    private static async Task<IResult> CancelAsync(HttpContext http, Caller caller, SessionStore store, string task_id)
    {
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        TelemetryField.Check(body.Root);
        CommitTask task = await store.Tasks.CancelAsync(
            caller.Owner, Check(task_id), body.IdempotencyKey, http.RequestAborted);
        return new EnvelopeResult(json => Write(json, task));
    }

    private static async Task<IResult> RetryAsync(HttpContext http, Caller caller, SessionStore store, string task_id)
    {
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        TelemetryField.Check(body.Root);
        CommitTask task = await store.Tasks.RetryAsync(
            caller.Owner, Check(task_id), body.IdempotencyKey, http.RequestAborted);
        return new EnvelopeResult(json => Write(json, task));
    }

    // Tasks are read in chunks.
    private static int ReadAtOnce(int limit) =>
        (limit + CommitTaskQuery.ReadAtOnce - 1) / CommitTaskQuery.ReadAtOnce * CommitTaskQuery.ReadAtOnce;

    // What is read beyond the limit, as a filter and entries without an instance make it, is no part of the route's weight.
    private static Action<int>? Reading(RequestCost? cost, int weighed) => cost is null ? null : count =>
    {
        int more = Math.Max(0, count - weighed);
        weighed = Math.Max(0, weighed - count);
        cost.Take(RequestsPerTask * more);
    };

    private static string Check(string taskId) => Ids.Check(taskId, Location.Path("task_id"));

    private static CommitTaskStatus? Status(HttpContext http)
    {
        if (Query.Text(http, "status", SessionKey.MaxIdLength) is not { } status)
        {
            return null;
        }

        int index = Array.IndexOf(Statuses, status);
        return index >= 0
            ? Enum.GetValues<CommitTaskStatus>()[index]
            : throw ApiException.Invalid(Location.Query("status"), $"must be one of {string.Join(", ", Statuses)}.", "literal_error");
    }

    private static void WriteResult(Utf8JsonWriter json, CommitTask task)
    {
        if (task.Output is not { } output)
        {
            json.WriteNull("result");
            return;
        }

        json.WriteStartObject("result");
        json.WriteString("session_id", task.Session.Id);
        json.WriteString("archive_uri", output.Number is { } number ? Wire.ArchiveUri(task.Session, number) : null);
        WriteMemories(json, task, output);
        WriteUsage(json, output.Usage ?? TokenUsage.None);
        json.WriteBoolean("degraded", output.State == ArchiveState.Degraded);
        if ((Wire.SkipReason(output.SkipReason) ?? output.Reason) is { } reason)
        {
            json.WriteString("reason", reason);
        }

        json.WriteEndObject();
    }

    // The wire's object; zeros where no model was called. The number of answers is an extension.
    private static void WriteUsage(Utf8JsonWriter json, TokenUsage usage)
    {
        json.WriteStartObject("token_usage");
        WriteUsage(json, "llm", "embedding", usage);
        json.WriteStartObject("total");
        json.WriteNumber("total_tokens", usage.Input + usage.Output);
        json.WriteNumber("cached_tokens", usage.Cached);
        json.WriteNumber("reasoning_tokens", usage.Reasoning);
        json.WriteEndObject();
        json.WriteNumber("answers", usage.Answers);
        json.WriteEndObject();
    }

    // The response names the reason for each memory that was not extracted.
    private static void WriteMemories(Utf8JsonWriter json, CommitTask task, CommitOutput output)
    {
        MemoryReport report = output.Memories ?? new MemoryReport();
        json.WriteStartObject("memories_extracted");
        foreach ((MemoryCategory category, int count) in report.Changed.OrderBy(static c => c.Key))
        {
            json.WriteNumber(Wire.Category(category), count);
        }

        json.WriteEndObject();
        WriteSkipped(json, report.Skipped);
        if (report.HasDiff && output.Number is { } number)
        {
            json.WriteString("memory_diff_uri", $"{Wire.ArchiveUri(task.Session, number)}/{Wire.MemoryDiffFile}");
        }
    }

    /// <summary>Writes the token usage, in two objects of these names; embeddings are always 0, since this service makes none.</summary>
    public static void WriteUsage(Utf8JsonWriter json, string llm, string embedding, TokenUsage usage)
    {
        json.WriteStartObject(llm);
        json.WriteNumber("prompt_tokens", usage.Input);
        json.WriteNumber("completion_tokens", usage.Output);
        json.WriteNumber("total_tokens", usage.Input + usage.Output);
        json.WriteNumber("cached_tokens", usage.Cached);
        json.WriteNumber("reasoning_tokens", usage.Reasoning);
        json.WriteEndObject();
        json.WriteStartObject(embedding);
        json.WriteNumber("total_tokens", 0);
        json.WriteEndObject();
    }

    /// <summary>Writes the memory changes that were skipped, each with its reason.</summary>
    public static void WriteSkipped(Utf8JsonWriter json, IReadOnlyList<MemorySkip> skipped)
    {
        json.WriteStartArray("memories_skipped");
        foreach (MemorySkip skip in skipped)
        {
            json.WriteStartObject();
            json.WriteString("reason", skip.Reason);
            if (skip is { Category: { } category, Name: { } name })
            {
                json.WriteString("category", Wire.Category(category));
                json.WriteString("name", name);
                MemoryEndpoints.WritePeer(json, skip.Peer);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
