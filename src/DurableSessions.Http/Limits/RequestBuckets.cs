using System.Globalization;
using System.Threading.RateLimiting;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Limits;

/// <summary>The token buckets of this host's clients. One that is full for a while is forgotten.</summary>
internal sealed class RequestBuckets : IDisposable
{
    private readonly PartitionedRateLimiter<RequestBucket> _buckets = PartitionedRateLimiter.Create<RequestBucket, string>(
        static bucket => RateLimitPartition.GetTokenBucketLimiter(bucket.Name, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = bucket.Burst,
            TokensPerPeriod = bucket.PerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        }));

    /// <summary>Takes tokens, all or none.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="tokens">At most <see cref="RequestBucket.Burst"/>.</param>
    /// <param name="taken">What the same request has taken before, and will take again where it is sent again.</param>
    /// <exception cref="ApiException">429: they are not there.</exception>
    public void Take(RequestBucket bucket, int tokens, int taken = 0)
    {
        using RateLimitLease lease = _buckets.AttemptAcquire(bucket, tokens);
        if (!lease.IsAcquired)
        {
            double wait = lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan after) ? after.TotalSeconds : 0;
            int seconds = (int)Math.Ceiling(Math.Max(1, wait + ((double)taken / bucket.PerSecond)));
            throw new ApiException(
                ApiError.TooMany(string.Create(CultureInfo.InvariantCulture, $"Too many requests; try again in {seconds} s."), seconds));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buckets.Dispose();
}
