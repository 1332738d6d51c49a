using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DurableSessions.Http.Envelope;

/// <summary>
/// Checks a request's path as the client sent it. A server removes the segments <c>.</c> and <c>..</c> before routing, so that such an id
/// would select another route.
/// </summary>
internal static class RequestTarget
{
    public static void Check(HttpContext http)
    {
        string target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string path = Uri.UnescapeDataString(query < 0 ? target : target[..query]);
        string[] segments = path.Split('/');
        if (segments.Contains("..") || path.Contains('\\', StringComparison.Ordinal))
        {
            throw new ApiException(ApiError.PermissionDenied(Location.Path("id"), "an id must not contain '..' or a backslash."));
        }

        if (segments.Contains("."))
        {
            throw ApiException.Invalid(Location.Path("id"), "an id must not be '.'.", "id_format");
        }
    }
}
