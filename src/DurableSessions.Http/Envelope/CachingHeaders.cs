using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DurableSessions.Http.Envelope;

/// <summary>What browsers and caches may do with an answer.</summary>
internal static class CachingHeaders
{
    /// <summary>The headers on which every answer depends: who calls, and from where.</summary>
    private const string Varying = "X-API-Key, Authorization, X-OpenViking-Account, X-OpenViking-User, Origin, Sec-Fetch-Site";

    /// <summary>
    /// No answer is read as another type than its own, and none is stored unless its route has said otherwise. Names that a route has in
    /// <c>Vary</c> stay.
    /// </summary>
    public static void Set(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        if (headers.CacheControl.Count == 0)
        {
            headers.CacheControl = "no-store";
        }

        headers.Append(HeaderNames.Vary, Varying);
    }
}
