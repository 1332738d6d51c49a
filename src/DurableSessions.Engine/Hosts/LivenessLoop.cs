using Azure;
using DurableSessions.Engine.Running;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Hosts;

/// <summary>
/// Says each third of the ownership that this host lives, while it runs an instance or is not alone; looks as often which of the others
/// do, while it is not alone. Two requests then, however many instances there are; a host that is alone and idle sends none. On its own,
/// so that claims, which may take long, do not delay it.
/// </summary>
/// <remarks>
/// A crash leaves a blob that does not change: the others claim what this host had, and delete the blob later. Where its write fails, the
/// instances are renewed one by one, as before the first write; where a look fails, the others are taken for what they were before.
/// </remarks>
/// <param name="blobs">The blobs of all hosts.</param>
/// <param name="liveness">What this host has said.</param>
/// <param name="known">What the others say.</param>
/// <param name="others">Whether this host is alone.</param>
/// <param name="identity">As whom this host claims.</param>
/// <param name="loaded">The instances that this host runs.</param>
/// <param name="claimable">Called where instances of a host that has died may be claimable.</param>
/// <param name="options">How it runs instances.</param>
/// <param name="time">The clock of this host; only its timestamps count.</param>
/// <param name="log">Where the first of requests that fail is noted.</param>
internal sealed class LivenessLoop(
    LivenessBlobs blobs,
    Liveness liveness,
    KnownHosts known,
    OtherHosts others,
    HostIdentity identity,
    LoadedInstances loaded,
    Action claimable,
    EngineOptions options,
    TimeProvider time,
    ILogger log)
{
    /// <summary>What a host that has died had is claimable by then, also where its blob is gone.</summary>
    private const int RemovedAfterOwnerships = 2 * EngineOptions.CoveredOwnerships;

    private const int MostRemovedAtATime = 10;

    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RemovedAfter = TimeSpan.FromMinutes(10);

    private readonly Cadence _write = new(time);
    private readonly Cadence _look = new(time);
    private readonly HashSet<Cadence> _failing = [];
    private bool _hasLooked;

    private bool MustBeKnown => others.AreAround || loaded.AreAny;

    // A write that hangs leaves time for another before what runs here must be renewed.
    private TimeSpan WriteTimeout
    {
        get
        {
            TimeSpan half = options.RenewalInterval / 2;
            return half > AfterError ? half : Shorter(AfterError, options.RenewalInterval);
        }
    }

    /// <summary>Runs until the host has given all back, and then deletes its blob, or until it is gone. Never throws.</summary>
    /// <param name="all">Completes when this host has given back what it ran.</param>
    /// <param name="gone">The host ends.</param>
    public async Task RunAsync(Task all, CancellationToken gone)
    {
        while (!all.IsCompleted && !gone.IsCancellationRequested)
        {
            Task came = others.Came;
            Task began = loaded.Began;
            if (_write.IsDue && MustBeKnown)
            {
                await DoAsync(_write, WriteAsync, WriteTimeout, log.LivenessNotTold, gone);
            }

            // A host that comes to say that it lives cleans up once what others have left, so that their blobs do not become more and more.
            if (_look.IsDue && (others.AreAround || (!_hasLooked && liveness.Last is not null)))
            {
                await DoAsync(_look, LookAsync, options.RenewalInterval, log.LivenessNotSeen, gone);
            }

            // What begins now, and is over before it is time to say that this host lives, costs no request.
            bool wasIdle = !MustBeKnown;
            if (wasIdle)
            {
                await WaitAsync(Timeout.InfiniteTimeSpan, Task.WhenAny(all, came, began), gone);
            }

            TimeSpan wait = wasIdle ? options.RenewalInterval : _write.In;
            await WaitAsync(others.AreAround ? Shorter(wait, _look.In) : wait, Task.WhenAny(all, came), gone);
        }

        if (!gone.IsCancellationRequested && liveness.Last is { } last)
        {
            await DoAsync(_write, token => DeleteAsync(last.Host, last.ETag, token), options.RenewalInterval, log.LivenessNotTold, gone);
        }
    }

    private async Task<TimeSpan> WriteAsync(CancellationToken cancellationToken)
    {
        OwnerHost host = identity.Current;
        long sent = time.GetTimestamp();
        liveness.Wrote(host, sent, await blobs.WriteAsync(host, options.Ownership, cancellationToken));
        return options.RenewalInterval - time.GetElapsedTime(sent);
    }

    private async Task<TimeSpan> LookAsync(CancellationToken cancellationToken)
    {
        LivenessListing listing = await blobs.ListAsync(cancellationToken);
        _hasLooked = true;
        if (known.Take(listing))
        {
            claimable();
        }

        OwnerHost self = identity.Current;
        foreach (LivenessSign sign in listing.Signs.Where(s => s.Host != self && IsOld(s, listing)).Take(MostRemovedAtATime))
        {
            await blobs.DeleteAsync(sign.Host, sign.ETag, cancellationToken);
        }

        return known.FirstDeathAfter(listing) is { } death ? Shorter(death, options.RenewalInterval) : options.RenewalInterval;
    }

    private static bool IsOld(LivenessSign sign, LivenessListing listing)
    {
        TimeSpan age = listing.Date - sign.LastModified;
        return age >= RemovedAfter && age >= sign.Ownership * RemovedAfterOwnerships;
    }

    private async Task<TimeSpan> DeleteAsync(OwnerHost host, ETag etag, CancellationToken cancellationToken)
    {
        await blobs.DeleteAsync(host, etag, cancellationToken);
        return options.RenewalInterval;
    }

    private async Task DoAsync(
        Cadence cadence,
        Func<CancellationToken, Task<TimeSpan>> request,
        TimeSpan timeout,
        Action<Exception> failed,
        CancellationToken gone)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, gone);
        try
        {
            cadence.Next(await request(either.Token));
            _failing.Remove(cadence);
        }
        catch (Exception) when (gone.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            if (_failing.Add(cadence))
            {
                failed(e);
            }

            cadence.Next(Shorter(AfterError, options.RenewalInterval));
        }
    }

    private async Task WaitAsync(TimeSpan wait, Task changed, CancellationToken gone)
    {
        if (wait == TimeSpan.Zero || changed.IsCompleted)
        {
            return;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(gone);
        await Task.WhenAny(changed, Task.Delay(wait, time, timeout.Token));
        await timeout.CancelAsync();
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
