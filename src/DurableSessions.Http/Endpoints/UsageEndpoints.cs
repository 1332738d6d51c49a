using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>Counts the contexts and skills that a client has used.</summary>
internal static class UsageEndpoints
{
    private const int MaxContexts = 1_000;
    private const int MaxUriLength = 2_048;

    public static void MapUsage(this IEndpointRouteBuilder sessions) => sessions.MapPost("/{session_id}/used", CountAsync).WithWeight(4);

    private static async Task<IResult> CountAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        JsonField contexts = body.Root["contexts"];
        string[] uris = contexts.IsSet ? [.. contexts.Items(MaxContexts).Select(static c => c.Label(MaxUriLength))] : [];
        JsonField skill = body.Root["skill"];
        int skills = skill.IsSet ? 1 : 0;
        if (skill.IsSet)
        {
            skill.Object();
        }

        TelemetryField.Check(body.Root);
        (long contextsUsed, long skillsUsed) = await store.Sessions.CountUsedAsync(
            key, uris.Length, skills, body.IdempotencyKey, http.RequestAborted);
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteString("session_id", key.Id);
            json.WriteNumber("contexts_used", contextsUsed);
            json.WriteNumber("skills_used", skillsUsed);
            json.WriteEndObject();
        });
    }
}
