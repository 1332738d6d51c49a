using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Limits;

/// <summary>
/// Limits what clients' requests cost, each by the weight of its route. Routing has run before it: a request whose endpoint is not known
/// weighs 1, and so does one without a valid key, which is refused before it costs anything.
/// </summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, RequestBuckets buckets, IOptions<HttpLimits> limits)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (RequestBucket.Find(context, limits.Value) is { } bucket)
        {
            var cost = new RequestCost(buckets, bucket);
            cost.Take(bucket.IsOfKey ? RouteWeight.Of(context) : 1);
            context.Features.Set(cost);
        }

        return next(context);
    }
}
