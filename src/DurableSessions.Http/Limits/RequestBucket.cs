using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Http.Limits;

/// <summary>
/// The token bucket that a request takes from: that of its API key. Requests without a valid key share a smaller bucket for each address,
/// which is that of the client where a trusted proxy has forwarded the request.
/// </summary>
/// <param name="Name">Of the client.</param>
/// <param name="PerSecond">The tokens that come back in a second.</param>
/// <param name="Burst">The most tokens it holds.</param>
/// <param name="IsOfKey">Whether it is that of a key.</param>
internal sealed record RequestBucket(string Name, int PerSecond, int Burst, bool IsOfKey)
{
    /// <summary>
    /// The bucket of a request; <see langword="null"/> where it is not limited. Probes are not: they cost nothing. In dev mode there is no
    /// limit: all requests come from this machine.
    /// </summary>
    public static RequestBucket? Find(HttpContext http, HttpLimits limits)
    {
        if (http.RequestServices.GetService<KeyRing>() is not { HasKeys: true } ring)
        {
            return null;
        }

        if (ring.FindCached(http.Request) is { } key)
        {
            return new RequestBucket(ClientName.Of(key), limits.RequestsPerSecond, limits.Burst, IsOfKey: true);
        }

        // A balancer that were refused would take the host for one that is down. A request that presents a key is no probe.
        bool isProbe = PresentedKey.Of(http.Request) is null
            && (http.Request.Path.Equals("/health", StringComparison.Ordinal)
                || http.Request.Path.Equals("/ready", StringComparison.Ordinal));
        int perSecond = limits.UnauthenticatedRequestsPerSecond;
        return isProbe ? null : new RequestBucket(ClientName.OfAddress(http), perSecond, Burst: perSecond, IsOfKey: false);
    }
}
