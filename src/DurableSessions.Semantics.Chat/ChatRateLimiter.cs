using System.Threading.RateLimiting;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// Limits the concurrent requests to a model, and its requests and tokens per minute. A request over a limit waits. Thread-safe.
/// </summary>
public sealed class ChatRateLimiter : IDisposable
{
    private const int MaxQueued = 10_000;

    private readonly ConcurrencyLimiter _atOnce;
    private readonly TokenBucketRateLimiter _requests;
    private readonly TokenBucketRateLimiter _tokens;
    private readonly int _mostTokens;

    /// <summary>Creates the limiter of a model.</summary>
    public ChatRateLimiter(ChatModelOptions options)
    {
        _mostTokens = options.TokensPerMinute;
        _atOnce = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = options.Concurrency, QueueLimit = MaxQueued });
        _requests = PerMinute(options.RequestsPerMinute, 1);
        _tokens = PerMinute(options.TokensPerMinute, options.TokensPerMinute);
    }

    /// <summary>Waits until a request of so many tokens may be sent. The request counts as running until the result is disposed.</summary>
    /// <exception cref="InvalidOperationException">More than 10,000 requests are waiting.</exception>
    public async Task<IDisposable> AcquireAsync(int tokens, CancellationToken cancellationToken)
    {
        using RateLimitLease request = await _requests.AcquireAsync(1, cancellationToken);
        using RateLimitLease allowed = await _tokens.AcquireAsync(Math.Min(tokens, _mostTokens), cancellationToken);
        RateLimitLease running = await _atOnce.AcquireAsync(1, cancellationToken);
        return request.IsAcquired && allowed.IsAcquired && running.IsAcquired
            ? running
            : throw new InvalidOperationException($"More than {MaxQueued} requests wait for the model.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _atOnce.Dispose();
        _requests.Dispose();
        _tokens.Dispose();
    }

    // A sixtieth is replenished each second. The bucket holds at least what one request may need at once.
    private static TokenBucketRateLimiter PerMinute(int permits, int mostAtOnce) => new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = Math.Max(permits, mostAtOnce),
        TokensPerPeriod = Math.Max(1, permits / 60),
        ReplenishmentPeriod = permits >= 60 ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1) / permits,
        QueueLimit = int.MaxValue,
    });
}
