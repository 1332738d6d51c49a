using System.Globalization;
using DurableSessions.Core;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Context;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>Archives of a session: list, read.</summary>
internal static class ArchiveEndpoints
{
    public static void MapArchives(this IEndpointRouteBuilder sessions)
    {
        sessions.MapGet("/{session_id}/archives", ListAsync).WithWeight(
            static query => 1 + (2 * query.Number("limit", ArchiveService.MaxPage, otherwise: ArchiveService.MaxPage)));
        sessions.MapGet("/{session_id}/archives/{archive_id}", GetAsync).WithWeight(5);
        sessions.MapGet("/{session_id}/tool-results", ToolResultsAsync).WithWeight(6);
    }

    private static async Task<IResult> ListAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        int limit = Query.Integer(http, "limit", 1, ArchiveService.MaxPage, otherwise: ArchiveService.MaxPage);
        int before = Query.Integer(http, "cursor", 1, int.MaxValue, otherwise: int.MaxValue);
        IReadOnlyList<ArchiveInfo> archives = await store.Archives.ListAsync(key, limit, before, http.RequestAborted);
        if (archives.Count == limit && archives[^1].Number > 1)
        {
            http.Response.Headers[ListingCursor.NextHeader] = archives[^1].Number.ToString(CultureInfo.InvariantCulture);
        }

        return new EnvelopeResult(json =>
        {
            json.WriteStartArray();
            foreach (ArchiveInfo archive in archives)
            {
                json.WriteStartObject();
                json.WriteNumber("number", archive.Number);
                json.WriteString("archive_id", Wire.ArchiveId(archive.Number));
                json.WriteString("archive_uri", Wire.ArchiveUri(key, archive.Number));
                json.WriteString("task_id", archive.TaskId);
                json.WriteNumber("message_count", archive.Counts.Messages);
                json.WriteNumber("token_count", archive.Counts.Tokens);
                json.WriteNumber("byte_count", archive.Counts.Bytes);
                json.WriteString("state", archive.State.ToString().ToLowerInvariant());
                json.WriteString("abstract", archive.Abstract);
                json.WriteString("created_at", archive.SwitchedAt is { } time ? Wire.Time(time) : null);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task<IResult> GetAsync(HttpContext http, Caller caller, SessionStore store, string session_id, string archive_id)
    {
        SessionKey key = caller.Session(session_id);
        Ids.Check(archive_id, Location.Path("archive_id"));
        int number = Wire.ArchiveNumber(archive_id) ?? throw new ApiException(Wire.ArchiveNotFound(archive_id));
        Archive archive = await store.Archives.GetAsync(key, number, http.RequestAborted);

        RequestCost.Find(http)?.Take(RequestCost.Of(archive.Info.Counts.Bytes));

        // Lines are read one after the other: no more than one of the largest is in memory, and less of a small archive.
        HoldBytes hold = BodyLease.ForAnswer(http);
        await hold(Math.Min(archive.Info.Counts.Bytes, MessageLimits.MaxAppendBytes), http.RequestAborted);

        // An error can be sent only before the response starts: once the first message is read, the archive exists.
        IAsyncEnumerator<SessionMessage> messages = archive.Messages.GetAsyncEnumerator(http.RequestAborted);
        http.Response.RegisterForDisposeAsync(messages);
        bool more = await messages.MoveNextAsync();
        return new StreamedEnvelopeResult(answer => WriteAsync(answer, archive.Info, messages, more));
    }

    // What tools answer is in the messages; nothing is kept apart from them.
    private static async Task<IResult> ToolResultsAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        Query.Integer(http, "limit", 1, int.MaxValue, otherwise: 1);
        await store.Sessions.GetAsync(caller.Session(session_id), autoCreate: false, http.RequestAborted);
        return new EnvelopeResult(static json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("tool_results");
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static async Task WriteAsync(
        StreamedJsonWriter answer, ArchiveInfo archive, IAsyncEnumerator<SessionMessage> messages, bool more)
    {
        answer.Writer.WriteStartObject();
        answer.Writer.WriteString("archive_id", Wire.ArchiveId(archive.Number));
        answer.Writer.WriteString("abstract", archive.Abstract);
        answer.Writer.WriteString("overview", archive.Overview);
        answer.Writer.WriteStartArray("messages");
        for (; more; more = await messages.MoveNextAsync())
        {
            await answer.WriteMessageAsync(messages.Current.Line);
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteEndObject();
    }
}
