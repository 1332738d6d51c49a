using DurableSessions.Core.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Errors;

/// <summary>
/// Two routes of the wire, which show and change a session's own data, say that it is not there in other words than all others:
/// <c>Session X not found</c> for <c>Session not found: X</c>. Clients look for either.
/// </summary>
internal static class SessionNotFoundFilter
{
    public static RouteHandlerBuilder WithSessionNotFoundFilter(this RouteHandlerBuilder route) => route.AddEndpointFilter(TranslateAsync);

    private static async ValueTask<object?> TranslateAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (SessionNotFoundException e)
        {
            throw new ApiException(ApiError.NotFound($"Session {e.Key.Session} not found", "session", e.Key.Session));
        }
    }
}
