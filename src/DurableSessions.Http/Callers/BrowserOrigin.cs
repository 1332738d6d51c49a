using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Callers;

/// <summary>
/// Where a browser says that a request comes from. A page cannot change these headers, and a client that is no browser sends none of them.
/// </summary>
internal static class BrowserOrigin
{
    public const string FetchSite = "Sec-Fetch-Site";

    /// <summary>
    /// The header that shows that a page of another origin, or one without an origin, has caused the request; <see langword="null"/> where
    /// none does. Another port of the same name is another origin.
    /// </summary>
    public static string? ForeignHeader(HttpRequest request) =>
        IsForeignSite(request.Headers[FetchSite]) ? FetchSite
        : IsForeignOrigin(request, request.Headers.Origin) ? "Origin"
        : null;

    // "none": a person has entered the address.
    private static bool IsForeignSite(StringValues values) => values.Count > 0 && values is not [("same-origin" or "none")];

    // A page without an origin, such as a file or a sandboxed frame, sends "null".
    private static bool IsForeignOrigin(HttpRequest request, StringValues values) => values.Count > 0
        && !(values is [{ } origin]
            && Uri.TryCreate(origin, UriKind.Absolute, out Uri? own)
            && Uri.TryCreate($"{request.Scheme}://{request.Host.Value}", UriKind.Absolute, out Uri? served)
            && own.Scheme == served.Scheme
            && own.Host == served.Host
            && own.Port == served.Port);
}
