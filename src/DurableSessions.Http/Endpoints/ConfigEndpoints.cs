using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>Changes the settings of a session.</summary>
internal static class ConfigEndpoints
{
    public static void MapConfig(this IEndpointRouteBuilder sessions) =>
        sessions.MapPatch("/{session_id}/config", ConfigureAsync).WithWeight(8).WithSessionNotFoundFilter();

    private static async Task<IResult> ConfigureAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        Func<SessionSettings, SessionSettings> change = SettingsBody.ReadChange(body.Root);
        TelemetryField.Check(body.Root);
        SessionSettings settings = await store.Sessions.ConfigureAsync(key, change, http.RequestAborted);
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteString("session_id", key.Id);
            SettingsJson.Write(json, settings);
            json.WriteEndObject();
        });
    }
}
