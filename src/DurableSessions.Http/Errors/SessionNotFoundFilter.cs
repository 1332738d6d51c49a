using DurableSessions.Core.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Errors;

/// <summary>
/// The error message of the two routes that read and change a session's own data: <c>Session X not found</c>, where all other routes send
/// <c>Session not found: X</c>. Clients match either text.
/// </summary>
internal static class SessionNotFoundFilter
{
    public static RouteHandlerBuilder WithSessionNotFoundFilter(this RouteHandlerBuilder route) =>
        route.AddEndpointFilter(TranslateAsync);

    private static async ValueTask<object?> TranslateAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (SessionNotFoundException e)
        {
            throw new ApiException(ApiError.NotFound($"Session {e.Key.Id} not found", "session", e.Key.Id));
        }
    }
}
