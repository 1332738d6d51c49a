using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Appending;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Sessions;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>Appends messages to a session; creates the session if it does not exist.</summary>
internal static class MessageEndpoints
{
    public static void MapMessages(this IEndpointRouteBuilder sessions)
    {
        sessions.MapPost("/{session_id}/messages", AddAsync).WithWeight(1);
        sessions.MapPost("/{session_id}/messages/batch", AddBatchAsync).WithWeight(1);
    }

    private static async Task<IResult> AddAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        using JsonBody body = await JsonBody.ReadMessagesAsync(http);
        NewMessage[] messages = MessageBody.One(body.Root);
        AppendResult result = await store.Sessions.AppendAsync(key, messages, body.IdempotencyKey, http.RequestAborted);
        return new EnvelopeResult(json => Write(json, key, result, added: null));
    }

    private static async Task<IResult> AddBatchAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        using JsonBody body = await JsonBody.ReadMessagesAsync(http);
        NewMessage[] messages = MessageBody.Batch(body.Root);
        AppendResult result = messages.Length > 0
            ? await store.Sessions.AppendAsync(key, messages, body.IdempotencyKey, http.RequestAborted)
            : await AddNothingAsync(store, key, http.RequestAborted);
        return new EnvelopeResult(json => Write(json, key, result, messages.Length));
    }

    // An empty batch adds no messages, and creates the session as any other batch.
    private static async Task<AppendResult> AddNothingAsync(SessionStore store, SessionKey key, CancellationToken cancellationToken)
    {
        SessionInfo session = await store.Sessions.GetAsync(key, autoCreate: true, cancellationToken);
        return new AppendResult([], session.MessageCount, session.PendingTokens);
    }

    private static void Write(Utf8JsonWriter json, SessionKey key, AppendResult result, int? added)
    {
        json.WriteStartObject();
        json.WriteString("session_id", key.Id);
        json.WriteNumber("message_count", result.MessageCount);
        if (added is { } count)
        {
            json.WriteNumber("added", count);
        }

        json.WriteNumber("pending_tokens", result.PendingTokens);
        json.WriteStartArray("message_ids");
        foreach (string id in result.MessageIds)
        {
            json.WriteStringValue(id);
        }

        json.WriteEndArray();
        if (result.Repeated > 0)
        {
            json.WriteNumber("repeated", result.Repeated);
        }

        json.WriteEndObject();
    }
}
