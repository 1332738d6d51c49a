namespace DurableSessions.Engine.Instances;

/// <summary>
/// Sends a conditional write again while its outcome is unknown. Storage may have applied an earlier attempt: then the
/// condition of a later one does not hold.
/// </summary>
/// <param name="requestTimeout">After this time without an answer the outcome of an attempt is unknown.</param>
/// <param name="time">The clock of this host.</param>
internal sealed class UnknownOutcomeRetry(TimeSpan requestTimeout, TimeProvider time)
{
    /// <summary>Sends a request, at least once, and again until <paramref name="until"/>.</summary>
    /// <exception cref="TimeoutException">Storage did not answer the last attempt in time.</exception>
    public async Task<T> SendAsync<T>(Func<CancellationToken, Task<T>> send, DateTimeOffset until, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await SendOnceAsync(send, cancellationToken);
            }
            catch (Exception e) when (StorageErrors.IsUnknownOutcome(e)
                && !cancellationToken.IsCancellationRequested
                && time.GetUtcNow() < until)
            {
                await Backoff.WaitAsync(attempt, time, cancellationToken);
            }
        }
    }

    private async Task<T> SendOnceAsync<T>(Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(requestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await send(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Storage did not answer within {requestTimeout.TotalSeconds} s.", e);
        }
    }
}
