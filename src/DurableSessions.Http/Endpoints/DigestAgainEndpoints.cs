using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Sessions;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>Has the model digest again what the built-in digest stood in for: in a user's sessions, and for operators in all.</summary>
internal static class DigestAgainEndpoints
{
    /// <summary>Sessions that one request looks at, unless it says how many.</summary>
    private const int DefaultLimit = 100;

    public static void MapDigestAgain(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/api/v1/digest_again", (HttpContext http, Caller caller, SessionStore store) =>
            StartAsync(http, store, caller.Owner)).WithWeight(Weight);
        endpoints.MapPost("/api/v1/system/digest_again", (HttpContext http, Operator _, SessionStore store) =>
            StartAsync(http, store, user: null)).WithMetadata(new OperatorAction("digest_again")).WithWeight(Weight);
    }

    private static int Weight(IQueryCollection query) => ListingCursor.Weight(query, otherwise: DefaultLimit);

    private static async Task<IResult> StartAsync(HttpContext http, SessionStore store, UserKey? user)
    {
        int limit = Query.Integer(http, "limit", 1, SessionService.MaxPage, otherwise: DefaultLimit);
        DigestAgainPage page = await ListingCursor.ContinueAsync(
            http,
            cursor => store.Sessions.DigestAgainAsync(user, limit, cursor, n => RequestCost.Find(http)?.Take(n), http.RequestAborted),
            static p => p.Cursor);
        return new EnvelopeResult(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("sessions_started", page.Started);
            json.WriteEndObject();
        });
    }
}
