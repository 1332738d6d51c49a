using Azure;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Quotas;

/// <summary>
/// What one account has, as one host knows it: what the last listing has found, and what this host has changed since that began.
/// </summary>
/// <remarks>
/// While a listing takes several parts, what the last one that reached the end has found counts, or what this one has found so far where
/// that is more. What the host changes while a listing runs may count twice until the next one.
/// </remarks>
internal sealed class AccountUsage(
    string account, AccountListing listing, QuotaSettings quotas, TimeProvider time, ILogger log)
{
    /// <summary>How long requests wait for the first listing, from its beginning; then they are taken.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(quotas.MeasureSeconds);
    private AccountTotals? _found;
    private AccountTotals _soFar;
    private AccountTotals _changedBefore;
    private AccountTotals _changed;
    private AccountTotals _underWay;
    private AccountListing.Place? _place;
    private DateTimeOffset _begunAt;
    private Task? _measuring;

    /// <summary>What it has, as far as is known.</summary>
    public AccountTotals Value
    {
        get
        {
            lock (_lock)
            {
                return Sum();
            }
        }
    }

    /// <summary>
    /// Sets something aside for a request that is about to use it, and measures the account where that is due. The first requests of a host
    /// wait for that, until it ends or 5 s after it has begun; what they use is counted, and is over the quota at most by that.
    /// </summary>
    /// <exception cref="QuotaExceededException">There is not so much left.</exception>
    public async ValueTask<Reservation> ReserveAsync(AccountTotals more, CancellationToken cancellationToken)
    {
        if (Measure() is var (first, left))
        {
            try
            {
                await first.WaitAsync(left, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Storage is slow: the request finds out by itself.
            }
        }

        lock (_lock)
        {
            AccountTotals has = Sum();
            Check(nameof(QuotaSettings.Sessions), quotas.Sessions, has.Sessions, more.Sessions);
            Check(nameof(QuotaSettings.Bytes), quotas.Bytes, has.Bytes, more.Bytes);
            Check(nameof(QuotaSettings.WaitingCommits), quotas.WaitingCommits, has.WaitingCommits, more.WaitingCommits);
            _underWay += more;
        }

        return new Reservation(this, more);
    }

    /// <summary>This host has changed what the account has.</summary>
    public void Add(AccountTotals change)
    {
        lock (_lock)
        {
            _changed += change;
        }
    }

    internal void End(AccountTotals reserved, AccountTotals used)
    {
        lock (_lock)
        {
            _underWay -= reserved;
            _changed += used;
        }
    }

    private AccountTotals Sum() =>
        AccountTotals.Max(default, AccountTotals.Max(_found ?? default, _soFar) + _changedBefore + _changed) + _underWay;

    private void Check(string quota, long? limit, long value, long more)
    {
        if (more > 0 && value + more > limit)
        {
            TimeSpan left = _begunAt + _interval - time.GetUtcNow();
            throw new QuotaExceededException(
                account, quota, limit.Value, value, more, left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
        }
    }

    // What to wait for, and how long: not once there is a listing that has ended, nor for one that has taken too long.
    private (Task First, TimeSpan Left)? Measure()
    {
        lock (_lock)
        {
            DateTimeOffset now = time.GetUtcNow();
            if (_measuring is null && (_begunAt == default || now - _begunAt >= _interval))
            {
                _begunAt = now;
                if (_place is null)
                {
                    _changedBefore += _changed;
                    _changed = default;
                }

                _measuring = Task.Run(() => MeasureAsync(_place ?? default));
            }

            TimeSpan left = _begunAt + MaxWait - now;
            return _found is null && _place is null && _measuring is not null && left > TimeSpan.Zero ? (_measuring, left) : null;
        }
    }

    private async Task MeasureAsync(AccountListing.Place from)
    {
        try
        {
            (AccountTotals sum, AccountListing.Place? next) = await listing.ReadAsync(account, from, CancellationToken.None);
            lock (_lock)
            {
                _soFar += sum;
                _place = next;
                if (next is null)
                {
                    (_found, _soFar, _changedBefore) = (_soFar, default, default);
                }
            }
        }
        catch (Exception e)
        {
            // What is known counts until the next time, which begins where this one did, unless storage refuses that place.
            log.AccountNotMeasured(e, account);
            if (e is RequestFailedException { Status: 400 })
            {
                lock (_lock)
                {
                    (_place, _soFar) = (null, default);
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                _measuring = null;
            }
        }
    }
}
