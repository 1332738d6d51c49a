namespace DurableSessions.Core.Quotas;

/// <summary>What a request that is on its way has set aside of its account's quotas. Disposed of, it is free again.</summary>
internal sealed class Reservation(AccountUsage usage, AccountTotals reserved) : IDisposable
{
    private AccountUsage? _usage = usage;

    /// <summary>The request has used it: it counts until a listing finds it.</summary>
    public void Keep() => End(reserved);

    public void Dispose() => End(default);

    private void End(AccountTotals used) => Interlocked.Exchange(ref _usage, null)?.End(reserved, used);
}
