using System.Globalization;
using System.Threading.RateLimiting;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Http.Limits;

/// <summary>
/// Limits the request rate by a token bucket for each API key. Requests without a valid key share a smaller bucket for each address,
/// which is that of the client where a trusted proxy has forwarded the request. Probes are not limited: they cost nothing. In dev mode
/// there is no limit: all requests come from this machine.
/// </summary>
internal static class KeyRateLimiting
{
    public static void Configure(RateLimiterOptions rates, HttpLimits limits)
    {
        rates.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http => Partition(http, limits));
        rates.OnRejected = static (rejected, _) => RejectAsync(rejected);
    }

    private static RateLimitPartition<string> Partition(HttpContext http, HttpLimits limits)
    {
        if (http.RequestServices.GetService<KeyRing>() is not { HasKeys: true } ring)
        {
            return RateLimitPartition.GetNoLimiter("");
        }

        if (ring.FindCached(http.Request) is { } key)
        {
            return Bucket(ClientName.Of(key), limits.RequestsPerSecond, limits.Burst);
        }

        // A balancer that were refused would take the host for one that is down. A request that presents a key is no probe.
        bool isProbe = PresentedKey.Of(http.Request) is null
            && (http.Request.Path.Equals("/health", StringComparison.Ordinal)
                || http.Request.Path.Equals("/ready", StringComparison.Ordinal));
        int perSecond = limits.UnauthenticatedRequestsPerSecond;
        return isProbe
            ? RateLimitPartition.GetNoLimiter("")
            : Bucket(ClientName.OfAddress(http), perSecond, burst: perSecond);
    }

    private static RateLimitPartition<string> Bucket(string name, int perSecond, int burst) =>
        RateLimitPartition.GetTokenBucketLimiter(name, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = burst,
            TokensPerPeriod = perSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        });

    private static async ValueTask RejectAsync(OnRejectedContext rejected)
    {
        int seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait)
            ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))
            : 1;
        string message = string.Create(CultureInfo.InvariantCulture, $"Too many requests; try again in {seconds} s.");
        await EnvelopeResult.SendErrorAsync(rejected.HttpContext, ApiError.TooMany(message, seconds));
    }
}
