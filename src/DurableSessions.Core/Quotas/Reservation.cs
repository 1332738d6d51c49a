namespace DurableSessions.Core.Quotas;

/// <summary>What a request that is on its way has set aside of its account's quotas. Disposed of, it is free again.</summary>
internal sealed class Reservation(AccountUsage usage, AccountTotals reserved) : IDisposable
{
    private AccountUsage? _usage = usage;

    /// <summary>The request has used it: it counts until a listing finds it.</summary>
    public void Keep() => End(reserved);

    /// <summary>It stays set aside for a time, in which what was begun comes to count by itself.</summary>
    /// <param name="duration">At least as long as that takes.</param>
    /// <param name="time">The clock.</param>
    public void KeepFor(TimeSpan duration, TimeProvider time)
    {
        if (Interlocked.Exchange(ref _usage, null) is { } usage)
        {
            _ = EndLaterAsync(usage);
        }

        async Task EndLaterAsync(AccountUsage of)
        {
            await Task.Delay(duration, time);
            of.End(reserved, default);
        }
    }

    public void Dispose() => End(default);

    private void End(AccountTotals used) => Interlocked.Exchange(ref _usage, null)?.End(reserved, used);
}
