using System.Threading.RateLimiting;

namespace DurableSessions.Semantics.Chat;

/// <summary>Keeps to what a model's owner allows: so many questions at once, and so many questions and tokens in a minute. Whoever is too fast, waits.</summary>
public sealed class ChatRateLimiter : IDisposable
{
    private const int MaxWaiting = 10_000;

    private readonly ConcurrencyLimiter _atOnce;
    private readonly TokenBucketRateLimiter _requests;
    private readonly TokenBucketRateLimiter _tokens;
    private readonly int _mostTokens;

    /// <summary>Makes one for a model.</summary>
    public ChatRateLimiter(ChatModelOptions options)
    {
        _mostTokens = options.TokensPerMinute;
        _atOnce = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = options.Concurrency, QueueLimit = MaxWaiting });
        _requests = PerMinute(options.RequestsPerMinute, 1);
        _tokens = PerMinute(options.TokensPerMinute, options.TokensPerMinute);
    }

    /// <summary>Waits for a turn, which ends when what is returned is disposed.</summary>
    public async Task<IDisposable> AcquireAsync(int tokens, CancellationToken cancellationToken)
    {
        using RateLimitLease request = await _requests.AcquireAsync(1, cancellationToken);
        using RateLimitLease allowed = await _tokens.AcquireAsync(Math.Min(tokens, _mostTokens), cancellationToken);
        RateLimitLease turn = await _atOnce.AcquireAsync(1, cancellationToken);
        return request.IsAcquired && allowed.IsAcquired && turn.IsAcquired
            ? turn
            : throw new InvalidOperationException($"More than {MaxWaiting} questions wait for the model.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _atOnce.Dispose();
        _requests.Dispose();
        _tokens.Dispose();
    }

    // A sixtieth comes back each second; what one question may need at once is always allowed.
    private static TokenBucketRateLimiter PerMinute(int permits, int mostAtOnce) => new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = Math.Max(permits, mostAtOnce),
        TokensPerPeriod = Math.Max(1, permits / 60),
        ReplenishmentPeriod = permits >= 60 ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1) / permits,
        QueueLimit = int.MaxValue,
    });
}
