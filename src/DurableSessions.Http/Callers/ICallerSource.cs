using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Callers;

/// <summary>Authenticates and authorizes requests.</summary>
public interface ICallerSource
{
    /// <summary>The authentication mode that <c>/health</c> reports: <c>dev</c> or <c>api_key</c>.</summary>
    string AuthMode { get; }

    /// <summary>
    /// Ends a request with an error that is refused whatever it asks for: without authentication, all but those of local clients. Runs
    /// before the body is read and the route is known.
    /// </summary>
    ValueTask AdmitAsync(HttpContext context);

    /// <summary>The caller. A request that is not authenticated ends with an error.</summary>
    ValueTask<Caller> IdentifyAsync(HttpContext context);

    /// <summary>
    /// Ends the request with an error where it presents an invalid key. A request without a key passes; so does every request while
    /// the keys cannot be read from storage.
    /// </summary>
    ValueTask RejectInvalidKeyAsync(HttpContext context);

    /// <summary>Ends the request with an error unless it presents an operator's key.</summary>
    ValueTask RequireOperatorAsync(HttpContext context);
}
