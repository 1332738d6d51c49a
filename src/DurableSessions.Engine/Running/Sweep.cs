using DurableSessions.Engine.Hosts;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Finds instances that no host runs and that have something to do: by a whole listing at the start, and where a host that stops has given
/// some back or another one has died; by some pages after every <see cref="EngineOptions.SweepInterval"/>; in between, what this
/// host knows to become due. Has them claimed.
/// </summary>
internal sealed class Sweep(
    ActiveListing listing,
    LoadedInstances loaded,
    Claimer claimer,
    HostIdentity identity,
    HandoverWatch watch,
    DueQueue due,
    WantedListing wanted,
    EngineOptions options,
    TimeProvider time,
    ILogger log)
{
    private const int ClaimsAtATime = 8;
    private const int MostDueAtATime = 8 * ClaimsAtATime;

    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    private readonly Cadence _next = new(time);
    private volatile bool _isHurried;

    /// <summary>Has the active instances listed at once.</summary>
    public void Hurry()
    {
        _isHurried = true;
        due.Wake();
    }

    /// <summary>Runs until the host stops. Never throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Task changed = due.Changed;
                bool isHurried = wanted.Take(time.GetUtcNow()) || _isHurried || await IsToldAsync(cancellationToken);
                if (isHurried || _next.IsDue)
                {
                    _isHurried = false;
                    _next.Next(options.SweepInterval);
                    bool isNamed = await identity.RefreshAsync(cancellationToken);
                    Begin(isHurried || isNamed);
                }

                // Between two pages what is due is claimed.
                if (listing.IsUnderWay)
                {
                    await listing.ListPageAsync(cancellationToken);
                }

                IReadOnlyList<string> claimable = due.Take(time.GetUtcNow(), Math.Min(loaded.Free, MostDueAtATime));
                if (claimable.Count > 0)
                {
                    await Parallel.ForEachAsync(
                        claimable,
                        new ParallelOptions { MaxDegreeOfParallelism = ClaimsAtATime, CancellationToken = cancellationToken },
                        claimer.TryClaimAsync);
                }
                else if (!listing.IsUnderWay)
                {
                    await WaitAsync(changed, cancellationToken);
                }
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
            }
            catch (Exception e)
            {
                log.ListingFailed(e);
                _next.Next(_next.In < AfterError ? _next.In : AfterError);
            }
        }
    }

    private void Begin(bool isWhole)
    {
        if (isWhole)
        {
            listing.Begin();
        }
        else
        {
            listing.GoOn();
        }
    }

    private async Task<bool> IsToldAsync(CancellationToken cancellationToken) =>
        watch.Next <= time.GetUtcNow() && await watch.IsToldAsync(cancellationToken);

    private async Task WaitAsync(Task changed, CancellationToken cancellationToken)
    {
        DateTimeOffset nextSweep = time.GetUtcNow() + _next.In;

        // Without a free place this host can claim nothing: an instance that ends here wakes the wait.
        DateTimeOffset until = loaded.Free > 0 && due.Nearest is { } nearest && nearest < nextSweep ? nearest : nextSweep;
        until = watch.Next is { } look && look < until ? look : until;
        until = wanted.At is { } again && again < until ? again : until;
        TimeSpan wait = time.Until(until);
        if (wait > TimeSpan.Zero)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(changed, Task.Delay(wait, time, timeout.Token));
            await timeout.CancelAsync();
        }
    }
}
