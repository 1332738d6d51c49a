using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Finds instances that no host runs and that have something to do: one listing at the start and after every
/// <see cref="EngineOptions.SweepInterval"/>, and where a host that stops has given some back; in between, what this host knows to become
/// due. Has them claimed.
/// </summary>
internal sealed class Sweep(
    InstanceStore store,
    LoadedInstances loaded,
    Claimer claimer,
    HostIdentity identity,
    HandoverWatch watch,
    DueQueue due,
    ParkedInstances parked,
    EngineOptions options,
    TimeProvider time,
    ILogger log)
{
    private const int ListingPage = 5_000;
    private const int ClaimsAtATime = 8;
    private const int MostDueAtATime = 8 * ClaimsAtATime;

    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    private readonly FirstSeen _unreadableBlobs = new();
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
        parked.Open(claimer.ClaimParkedAsync);
        DateTimeOffset nextSweep = time.GetUtcNow();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Task changed = due.Changed;
                if (_isHurried || time.GetUtcNow() >= nextSweep || await IsToldAsync(cancellationToken))
                {
                    _isHurried = false;
                    nextSweep = time.GetUtcNow() + options.SweepInterval;
                    await ListAsync(cancellationToken);
                }

                IReadOnlyList<string> claimable = due.Take(time.GetUtcNow(), Math.Min(loaded.Free, MostDueAtATime));
                if (claimable.Count > 0)
                {
                    await Parallel.ForEachAsync(
                        claimable,
                        new ParallelOptions { MaxDegreeOfParallelism = ClaimsAtATime, CancellationToken = cancellationToken },
                        claimer.TryClaimAsync);
                }
                else
                {
                    await WaitAsync(changed, nextSweep, cancellationToken);
                }
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
            }
            catch (Exception e)
            {
                log.ListingFailed(e);
                DateTimeOffset again = time.GetUtcNow() + AfterError;
                nextSweep = again < nextSweep ? again : nextSweep;
            }
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        await identity.RefreshAsync(cancellationToken);
        parked.BeginListing();
        await foreach ((IReadOnlyList<InstanceHeader> headers, _) in
            store.ListAsync(InstanceStore.ActivePrefix, ListingPage, null, Skip, cancellationToken))
        {
            foreach (InstanceHeader header in headers)
            {
                if (loaded.TryFind(header.Id, out _))
                {
                    continue;
                }

                claimer.Note(header);
                if (header.Owner is not null)
                {
                    watch.SawOther();
                }
            }
        }

        parked.EndListing();
    }

    private async Task<bool> IsToldAsync(CancellationToken cancellationToken) =>
        watch.Next <= time.GetUtcNow() && await watch.IsToldAsync(cancellationToken);

    private async Task WaitAsync(Task changed, DateTimeOffset nextSweep, CancellationToken cancellationToken)
    {
        // Without a free place this host can claim nothing: an instance that ends here wakes the wait.
        DateTimeOffset until = loaded.Free > 0 && due.Nearest is { } nearest && nearest < nextSweep ? nearest : nextSweep;
        until = watch.Next is { } look && look < until ? look : until;
        TimeSpan wait = time.Until(until);
        if (wait > TimeSpan.Zero)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(changed, Task.Delay(wait, time, timeout.Token));
            await timeout.CancelAsync();
        }
    }

    private void Skip(string blob)
    {
        if (_unreadableBlobs.IsFirst(blob))
        {
            log.BlobUnreadable(blob);
        }
    }
}
