using DurableSessions.Core;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Recall;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Files;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>The caller's memories and archives as folders and files: list, delete.</summary>
internal static class FileEndpoints
{
    private const int DefaultEntries = 1_000;
    private const int MostEntries = 10_000;
    private const int DefaultAbstract = 256;
    private const string TruncatedHeader = "X-Truncated";

    public static void MapFiles(this IEndpointRouteBuilder files)
    {
        files.MapGet("/ls", ListAsync).WithWeight(7);
        files.MapDelete("/", DeleteAsync).WithWeight(6);
    }

    private static async Task<IResult> ListAsync(HttpContext http, Caller caller, SessionStore store)
    {
        var uri = VikingUri.Of(http, caller);
        bool isRecursive = Query.Boolean(http, "recursive");
        bool isSimple = Query.Boolean(http, "simple");

        // "limit" is another name of it, as OpenViking has it. A plugin passes on what an agent asks for; X-Truncated says what is left.
        int limit = Math.Min(
            Query.Integer(http, "limit", 1, int.MaxValue, Query.Integer(http, "node_limit", 1, int.MaxValue, otherwise: DefaultEntries)),
            MostEntries);
        int abstractLimit = Query.Integer(http, "abs_limit", 0, MemoryLimits.MaxContentLength, otherwise: DefaultAbstract);
        bool isOriginal = Query.Text(http, "output", int.MaxValue) switch
        {
            null or "agent" => false,
            "original" => true,
            _ => throw ApiException.Invalid(Location.Query("output"), "must be agent or original.", "literal_error"),
        };
        var listing = new FileListing(store, caller, ActorPeer.Find(http), RequestCost.Find(http), limit);
        IReadOnlyList<FileEntry> entries = await listing.ListAsync(uri, isRecursive, http.RequestAborted)
            ?? throw uri.FolderNotFound();
        if (entries.Count > limit)
        {
            http.Response.Headers[TruncatedHeader] = "true";
        }

        return new EnvelopeResult(json =>
        {
            json.WriteStartArray();
            foreach (FileEntry entry in entries.Take(limit))
            {
                if (isSimple)
                {
                    json.WriteStringValue(entry.RelativePath);
                    continue;
                }

                json.WriteStartObject();
                json.WriteString("name", entry.Name);
                json.WriteString("rel_path", entry.RelativePath);
                json.WriteString("uri", uri.AsAsked(entry.Uri));
                json.WriteBoolean("isDir", entry.IsFolder);
                json.WriteString("modTime", entry.ModifiedAt is { } time ? Wire.Time(time) : null);
                if (!isOriginal)
                {
                    json.WriteString("abstract", Excerpt.Beginning(entry.Abstract, abstractLimit));
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, Caller caller, SessionStore store)
    {
        var uri = VikingUri.Of(http, caller);
        Query.Boolean(http, "recursive");
        switch (UserPath.Of(uri, ActorPeer.Find(http)))
        {
            case { Place: UserPlace.Memory } memory:
                try
                {
                    await store.Memories.DeleteAsync(
                        caller.Owner, memory.Memory, new MemoryCondition(), http.RequestAborted);
                }
                catch (MemoryNotFoundException)
                {
                    throw uri.FileNotFound();
                }

                break;
            case { Place: UserPlace.Session }:
                throw ApiException.Invalid(Location.Query("uri"), "is a session: DELETE /api/v1/sessions/{session_id} deletes it.");
            case not null:
                throw ApiException.Invalid(Location.Query("uri"), "must be that of one memory: nothing else is deleted by its URI.");
            default:
                throw uri.FileNotFound();
        }

        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteString("uri", uri.Text);
            json.WriteNumber("estimated_deleted_count", 1);
            json.WriteEndObject();
        });
    }
}
