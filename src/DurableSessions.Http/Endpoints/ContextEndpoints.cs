using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Context;
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
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Endpoints;

/// <summary>The context of a session, as an agent reads it.</summary>
internal static class ContextEndpoints
{
    private const int DefaultTokenBudget = 128_000;

    public static void MapContext(this IEndpointRouteBuilder sessions) =>
        sessions.MapGet("/{session_id}/context", ReadAsync)
            .WithWeight(static query => StringValues.IsNullOrEmpty(query["query"]) ? 6 : 26);

    private static async Task<IResult> ReadAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        int budget = Query.Integer(http, "token_budget", 0, RequestLimits.MaxTokenBudget, otherwise: DefaultTokenBudget);
        string? query = Query.Text(http, "query", int.MaxValue);
        if (query is not null && string.IsNullOrWhiteSpace(query))
        {
            throw ApiException.Invalid(Location.Query("query"), "must have a word to look for.", "string_length");
        }

        bool withMemories = Query.Boolean(http, "include_memories");

        // All that no overview covers is read, whatever the budget: what fits is its end. Of what one covers, what the budget has room for.
        ReadBytes? read = RequestCost.Find(http) is { } cost ? (bytes, _) => Take(cost, bytes) : null;
        SessionContext context = await store.Sessions.ReadContextAsync(
            key, budget, query, withMemories ? View(http) : null, BodyLease.ForAnswer(http), read, http.RequestAborted);
        return new StreamedEnvelopeResult(answer => WriteAsync(answer, context, withMemories ? caller.User : null));
    }

    // Without a peer those of all, as a search has them.
    private static MemoryView View(HttpContext http) => ActorPeer.Find(http) is { } peer ? MemoryView.Of(peer) : MemoryView.All;

    private static ValueTask Take(RequestCost cost, long bytes)
    {
        cost.Take(RequestCost.Of(bytes));
        return ValueTask.CompletedTask;
    }

    // Only where the request includes memories.
    private static void WriteMemories(Utf8JsonWriter json, SessionContext context, string user)
    {
        json.WriteStartArray("memories");
        foreach (Memory memory in context.Memories)
        {
            json.WriteStartObject();
            MemoryEndpoints.WriteInfo(json, user, memory.Info);
            json.WriteString("content", memory.Content);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static async Task WriteAsync(StreamedJsonWriter answer, SessionContext context, string? memoriesOf)
    {
        answer.Writer.WriteStartObject();
        answer.Writer.WriteString("latest_archive_overview", context.Overview);
        if (context.IsOverviewProvisional)
        {
            answer.Writer.WriteBoolean("overview_provisional", value: true);
        }

        answer.Writer.WriteStartArray("pre_archive_abstracts");
        foreach (ArchiveAbstract archive in context.Abstracts)
        {
            answer.Writer.WriteStartObject();
            answer.Writer.WriteString("archive_id", Wire.ArchiveId(archive.Number));
            answer.Writer.WriteString("abstract", archive.Abstract);
            answer.Writer.WriteEndObject();
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteStartArray("messages");
        foreach (ReadOnlyMemory<byte> message in context.Recalled.Concat(context.Messages))
        {
            await answer.WriteMessageAsync(message);
        }

        answer.Writer.WriteEndArray();
        if (memoriesOf is not null)
        {
            WriteMemories(answer.Writer, context, memoriesOf);
        }

        long memoryTokens = context.Memories.Sum(static m => m.Info.Tokens);
        long archiveTokens = context.OverviewTokens + context.AbstractTokens + context.RecalledTokens;
        answer.Writer.WriteNumber("estimatedTokens", context.MessageTokens + archiveTokens + memoryTokens);
        answer.Writer.WriteStartObject("stats");
        answer.Writer.WriteNumber("totalArchives", context.TotalArchives);
        answer.Writer.WriteNumber("includedArchives", context.IncludedArchives);
        answer.Writer.WriteNumber("droppedArchives", Math.Max(0, context.TotalArchives - context.IncludedArchives));
        answer.Writer.WriteNumber("failedArchives", context.FailedArchives);
        answer.Writer.WriteNumber("activeTokens", context.MessageTokens);
        answer.Writer.WriteNumber("archiveTokens", archiveTokens);
        answer.Writer.WriteNumber("recalledMessages", context.Recalled.Count);
        answer.Writer.WriteNumber("recalledTokens", context.RecalledTokens);
        if (memoriesOf is not null)
        {
            answer.Writer.WriteNumber("memoryTokens", memoryTokens);
        }

        answer.Writer.WriteEndObject();
        answer.Writer.WriteEndObject();
    }
}
