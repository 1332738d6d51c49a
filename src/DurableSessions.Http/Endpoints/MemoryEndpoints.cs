using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Recall;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>A user's long-term memories: list, read, write, delete, search.</summary>
internal static class MemoryEndpoints
{
    private const int DefaultPage = 100;
    private const int DefaultHits = 10;

    public static void MapMemories(this IEndpointRouteBuilder memories)
    {
        memories.MapGet("/", ListAsync).WithWeight(1);
        memories.MapGet("/search", SearchAsync).WithWeight(
            static query => 10 + (2 * query.Number("limit", MemorySearch.MaxHits, otherwise: DefaultHits)));
        memories.MapGet("/{category}/{name}", GetAsync).WithWeight(2);
        memories.MapPut("/{category}/{name}", PutAsync).WithWeight(6);
        memories.MapDelete("/{category}/{name}", DeleteAsync).WithWeight(6);
    }

    /// <summary>Writes the fields of a memory, without its content.</summary>
    public static void WriteInfo(Utf8JsonWriter json, string user, MemoryInfo memory)
    {
        json.WriteString("uri", Wire.MemoryUri(user, memory.Key));
        json.WriteString("category", Wire.Category(memory.Category));
        json.WriteString("name", memory.Name);
        WritePeer(json, memory.Peer);
        json.WriteString("abstract", memory.Abstract);
        json.WriteString("etag", MemoryETags.Of(memory));
        json.WriteNumber("revision", memory.Revision);
        json.WriteNumber("tokens", memory.Tokens);
        json.WriteString("updated_at", Wire.Time(memory.ChangedAt));
        json.WriteString("task_id", memory.ChangedBy);
        json.WriteString("session_id", memory.ChangedIn);
        WriteSources(json, memory.Sources);
        WriteTags(json, memory.Tags);
    }

    /// <summary>Writes the tags of a memory, where it has any.</summary>
    public static void WriteTags(Utf8JsonWriter json, IReadOnlyList<string>? tags)
    {
        if (tags is { Count: > 0 })
        {
            SettingsJson.WriteTexts(json, "tags", tags);
        }
    }

    /// <summary>Writes the peer that a memory belongs to, where it belongs to one.</summary>
    public static void WritePeer(Utf8JsonWriter json, string? peer)
    {
        if (peer is not null)
        {
            json.WriteString("peer_id", peer);
        }
    }

    /// <summary>Writes where a content may come from; <see langword="null"/> where that is unknown.</summary>
    public static void WriteSources(Utf8JsonWriter json, MemorySources? sources)
    {
        if (sources is null)
        {
            json.WriteNull("sources");
            return;
        }

        json.WriteStartArray("sources");
        foreach (MemorySources source in Enum.GetValues<MemorySources>().Where(s => s != MemorySources.None && sources.Value.HasFlag(s)))
        {
            json.WriteStringValue(source.ToString().ToLowerInvariant());
        }

        json.WriteEndArray();
    }

    private static async Task<IResult> ListAsync(HttpContext http, Caller caller, SessionStore store)
    {
        MemoryCategory? category = Query.Text(http, "category", SessionKey.MaxIdLength) is { } text
            ? MemoryPath.Category(text, Location.Query("category"))
            : null;
        int limit = Query.Integer(http, "limit", 1, MemoryService.MaxPage, otherwise: DefaultPage);
        MemoryPage page = await store.Memories.ListAsync(
            caller.Owner, MemoryPath.Peer(http), category, limit, MemoryPath.Cursor(http), http.RequestAborted);
        if (page.HasMore)
        {
            http.Response.Headers[ListingCursor.NextHeader] = $"{Wire.Category(page.Items[^1].Category)}/{page.Items[^1].Name}";
        }

        return new EnvelopeResult(json =>
        {
            json.WriteStartArray();
            foreach (MemoryInfo memory in page.Items)
            {
                json.WriteStartObject();
                WriteInfo(json, caller.User, memory);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task<IResult> SearchAsync(HttpContext http, Caller caller, SessionStore store)
    {
        string query = Query.Text(http, "q", int.MaxValue)
            ?? throw ApiException.Invalid(Location.Query("q"), "is required, as words to look for.", "missing");
        int limit = Query.Integer(http, "limit", 1, MemorySearch.MaxHits, otherwise: DefaultHits);
        var filter = new SearchFilter { SeenBy = MemoryPath.Peer(http) ?? ActorPeer.Find(http) };
        IReadOnlyList<SearchHit> hits = await store.MemorySearch.SearchAsync(
            caller.Owner, query, limit, filter, where: null, http.RequestAborted);
        return new EnvelopeResult(json =>
        {
            json.WriteStartArray();
            foreach (SearchHit hit in hits)
            {
                json.WriteStartObject();
                Write(json, caller.User, hit);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task<IResult> GetAsync(HttpContext http, Caller caller, SessionStore store, string category, string name)
    {
        Memory memory = await store.Memories.GetAsync(
            caller.Owner, MemoryPath.Key(http, category, name), http.RequestAborted);
        http.Response.Headers.ETag = MemoryETags.Of(memory.Info);
        if (MemoryETags.IsKnown(http.Request, memory.Info))
        {
            return Results.StatusCode(StatusCodes.Status304NotModified);
        }

        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            WriteInfo(json, caller.User, memory.Info);
            json.WriteString("content", memory.Content);
            json.WriteEndObject();
        });
    }

    private static async Task<IResult> PutAsync(HttpContext http, Caller caller, SessionStore store, string category, string name)
    {
        MemoryKey key = MemoryPath.Key(http, category, name);
        MemoryCondition condition = MemoryETags.Condition(http.Request);
        using JsonBody body = await JsonBody.ReadAsync(http);
        JsonField field = body.Root["content"];
        string content = field.Text();
        if (string.IsNullOrWhiteSpace(content) || content.Length > MemoryLimits.MaxContentLength)
        {
            throw field.Invalid($"must be 1 to {MemoryLimits.MaxContentLength} characters, not white space alone.", "string_length");
        }

        TelemetryField.Check(body.Root);
        MemoryInfo info = await store.Memories.PutAsync(caller.Owner, key, content, condition, http.RequestAborted);
        http.Response.Headers.ETag = MemoryETags.Of(info);
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            WriteInfo(json, caller.User, info);
            json.WriteEndObject();
        });
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, Caller caller, SessionStore store, string category, string name)
    {
        MemoryKey key = MemoryPath.Key(http, category, name);
        await store.Memories.DeleteAsync(caller.Owner, key, MemoryETags.Condition(http.Request), http.RequestAborted);
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteString("uri", Wire.MemoryUri(caller.User, key));
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, string user, SearchHit hit)
    {
        json.WriteString("type", hit.Memory is not null ? "memory" : hit.Archive is not null ? "archive" : "session");
        json.WriteNumber("score", Math.Round(hit.Score, 4));
        if (hit.Memory is { } memory)
        {
            WriteInfo(json, user, memory);
        }
        else if (hit.Archive is { } archive)
        {
            json.WriteString("uri", Wire.ArchiveUri(archive.Session, archive.Number));
            json.WriteString("abstract", archive.Abstract);
            Recollection.WriteSource(json, archive, null, hit.Message, hit.OverviewSnippet);
        }
        else if (hit.Live is { } live)
        {
            json.WriteString("uri", Wire.SessionUri(live.Session));
            json.WriteString("abstract", "");
            Recollection.WriteSource(json, null, live, hit.Message, null);
        }
    }
}
