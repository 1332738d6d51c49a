using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Files;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Recall;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>
/// What plugins ask before each prompt: the caller's own memories and archives, by the words of a question or a prompt, and by a pattern.
/// </summary>
/// <remarks>
/// No error here may say "mode": plugins take a server that does for one of an old version, and ask it no more for six hours.
/// </remarks>
internal static class SearchEndpoints
{
    private const string ContextWanted = "context";
    private const string ListWanted = "list";

    public static void MapSearch(this IEndpointRouteBuilder search)
    {
        search.MapPost("/find", FindAsync).WithWeight(20).WithMetadata(new OnlyReadsAttribute());
        search.MapPost("/search", SearchAsync).WithWeight(20).WithMetadata(new OnlyReadsAttribute());
        search.MapPost("/recall", RecallAsync).WithWeight(20).WithMetadata(new OnlyReadsAttribute());
        search.MapPost("/grep", GrepAsync).WithWeight(5).WithMetadata(new OnlyReadsAttribute());
    }

    private static async Task<IResult> FindAsync(HttpContext http, Caller caller, SessionStore store)
    {
        using JsonBody body = await JsonBody.ReadAsync(http);
        TelemetryField.Check(body.Root);
        return await ListHitsAsync(http, caller, store, FindRequest.Of(body.Root, Asker.Of(http, caller)));
    }

    private static async Task<IResult> SearchAsync(HttpContext http, Caller caller, SessionStore store, RecentlyRecalled recent)
    {
        using JsonBody body = await JsonBody.ReadAsync(http);
        TelemetryField.Check(body.Root);
        JsonField kind = body.Root["mode"];
        switch (!kind.IsSet ? ListWanted : kind.Value.ValueKind == JsonValueKind.String ? kind.Text() : "")
        {
            case ContextWanted:
                return await AssembleAsync(http, caller, store, recent, ContextRequest.OfSearch(body.Root, Asker.Of(http, caller)));
            case ListWanted:
                return await ListHitsAsync(http, caller, store, FindRequest.Of(body.Root, Asker.Of(http, caller)));
            default:
                throw ApiException.Invalid(
                    Location.Body, $"the kind of answer must be {ContextWanted} or {ListWanted}.", "literal_error");
        }
    }

    private static async Task<IResult> RecallAsync(HttpContext http, Caller caller, SessionStore store, RecentlyRecalled recent)
    {
        using JsonBody body = await JsonBody.ReadAsync(http);
        TelemetryField.Check(body.Root);
        return await AssembleAsync(http, caller, store, recent, ContextRequest.OfRecall(body.Root, Asker.Of(http, caller)));
    }

    private static async Task<IResult> GrepAsync(HttpContext http, Caller caller, SessionStore store, TimeProvider time)
    {
        using JsonBody json = await JsonBody.ReadAsync(http);
        var body = GrepBody.Of(json.Root, caller);
        var grep = new Grep(
            store, caller, ActorPeer.Find(http), body.Patterns, Location.Body.At("pattern"), body.Limit, time, RequestCost.Find(http),
            BodyLease.ForAnswer(http));
        IReadOnlyList<GrepMatch> matches =
            (UserPath.Of(body.Uri, ActorPeer.Find(http)) is { } path ? await grep.FindAsync(path, http.RequestAborted) : null)
            ?? throw body.Uri.FileNotFound();
        return new EnvelopeResult(answer =>
        {
            answer.WriteStartObject();
            answer.WriteStartArray("matches");
            foreach (GrepMatch match in matches)
            {
                answer.WriteStartObject();
                answer.WriteNumber("line", match.Line);
                answer.WriteString("uri", body.Uri.AsAsked(match.Uri));
                answer.WriteString("content", match.Content);
                answer.WriteEndObject();
            }

            answer.WriteEndArray();
            answer.WriteNumber("count", matches.Count);
            answer.WriteBoolean("truncated", grep.IsTruncated);
            answer.WriteEndObject();
        });
    }

    private static async Task<IResult> ListHitsAsync(HttpContext http, Caller caller, SessionStore store, FindRequest request)
    {
        RequestCost.Find(http)?.Take(request.Limit + RequestCost.Of(request.Query.Length));
        IReadOnlyList<Recollection> found = request.WantsMemories
            ? await Recollection.FindAsync(
                store, caller, request.Query, request.Targets, request.Filter, where: null, request.Limit, request.MinScore,
                http.RequestAborted)
            : [];
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("memories");
            foreach (Recollection one in found)
            {
                json.WriteStartObject();
                json.WriteString("uri", one.Uri);
                json.WriteNumber("level", 2);
                json.WriteNumber("score", one.Score);
                json.WriteString("category", one.Category);
                json.WriteString("abstract", one.Abstract);
                json.WriteString("context_type", "memory");
                MemoryEndpoints.WriteTags(json, one.Memory?.Tags);
                if (one.Memory is null)
                {
                    Recollection.WriteSource(json, one.Archive, one.Live, one.Message, one.OverviewSnippet);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("resources");
            json.WriteEndArray();
            json.WriteStartArray("skills");
            json.WriteEndArray();
            json.WriteNumber("total", found.Count);
            json.WriteEndObject();
        });
    }

    private static async Task<IResult> AssembleAsync(
        HttpContext http, Caller caller, SessionStore store, RecentlyRecalled recent, ContextRequest request)
    {
        var assembly = new ContextAssembly(store, caller, recent, RequestCost.Find(http));
        IReadOnlyList<ContextEntry> entries = await assembly.ReadAsync(request, http.RequestAborted);
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("entries");
            foreach (ContextEntry entry in entries)
            {
                json.WriteStartObject();
                json.WriteString("uri", entry.Found.Uri);
                json.WriteString("category", entry.Found.Category);
                json.WriteNumber("score", entry.Found.Score);
                json.WriteString("detail", ContextAssembly.Detail(entry));
                json.WriteString("text", entry.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("rendered", request.WantsRendered ? ContextAssembly.Render(entries) : "");
            json.WriteString("digest", "");
            json.WriteStartObject("stats");
            json.WriteNumber("used_tokens", entries.Sum(static e => e.Tokens));
            json.WriteString("rewrite", "off");
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }
}
