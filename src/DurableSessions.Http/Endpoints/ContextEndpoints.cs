using DurableSessions.Core;
using DurableSessions.Core.Context;
using DurableSessions.Core.Sessions;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>What an agent reads.</summary>
internal static class ContextEndpoints
{
    private const int DefaultTokenBudget = 128_000;

    public static void MapContext(this IEndpointRouteBuilder sessions) => sessions.MapGet("/{session_id}/context", ReadAsync);

    private static async Task<IResult> ReadAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        int budget = Query.Integer(http, "token_budget", 0, RequestLimits.MaxTokenBudget, otherwise: DefaultTokenBudget);
        SessionContext context = await store.Sessions.ReadContextAsync(key, budget, http.RequestAborted);
        return new StreamedAnswer(answer => WriteAsync(answer, context));
    }

    private static async Task WriteAsync(StreamedJson answer, SessionContext context)
    {
        answer.Writer.WriteStartObject();
        answer.Writer.WriteString("latest_archive_overview", context.Overview);
        answer.Writer.WriteStartArray("pre_archive_abstracts");
        answer.Writer.WriteEndArray();
        answer.Writer.WriteStartArray("messages");
        foreach (ReadOnlyMemory<byte> message in context.Messages)
        {
            await answer.WriteMessageAsync(message);
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteNumber("estimatedTokens", context.MessageTokens + context.OverviewTokens);
        answer.Writer.WriteStartObject("stats");
        answer.Writer.WriteNumber("totalArchives", context.TotalArchives);
        answer.Writer.WriteNumber("includedArchives", context.IncludedArchives);
        answer.Writer.WriteNumber("droppedArchives", Math.Max(0, context.TotalArchives - context.IncludedArchives));
        answer.Writer.WriteNumber("failedArchives", context.FailedArchives);
        answer.Writer.WriteNumber("activeTokens", context.MessageTokens);
        answer.Writer.WriteNumber("archiveTokens", context.OverviewTokens);
        answer.Writer.WriteEndObject();
        answer.Writer.WriteEndObject();
    }
}
