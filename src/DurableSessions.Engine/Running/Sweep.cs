using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Finds instances that nobody runs and that have something to do, and claims them: one listing at the start and after
/// every <see cref="EngineOptions.SweepInterval"/>; in between, what this host knows to become due.
/// </summary>
internal sealed class Sweep(EngineParts engine)
{
    private const int ListingPage = 5_000;
    private const int ClaimsAtATime = 8;
    private const int MaxWarnings = 1_000;

    private static readonly TimeSpan LongestJitter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    // What has been warned of: once is enough.
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);

    /// <summary>Runs until the host stops. Never throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset nextSweep = engine.Time.GetUtcNow();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Task changed = engine.Due.Changed;
                if (engine.Time.GetUtcNow() >= nextSweep)
                {
                    nextSweep = engine.Time.GetUtcNow() + engine.Options.SweepInterval;
                    await ListAsync(cancellationToken);
                }

                IReadOnlyList<string> due = engine.Due.Take(engine.Time.GetUtcNow(), Math.Min(engine.Loaded.Free, 8 * ClaimsAtATime));
                if (due.Count > 0)
                {
                    await Parallel.ForEachAsync(
                        due, new ParallelOptions { MaxDegreeOfParallelism = ClaimsAtATime, CancellationToken = cancellationToken }, TryClaimAsync);
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
                engine.Log.LogWarning(e, "The active instances could not be listed");
                DateTimeOffset again = engine.Time.GetUtcNow() + AfterError;
                nextSweep = again < nextSweep ? again : nextSweep;
            }
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        await foreach ((IReadOnlyList<InstanceHeader> headers, _) in
            engine.Store.ListAsync(InstanceStore.ActivePrefix, ListingPage, null, Skip, cancellationToken))
        {
            foreach (InstanceHeader header in headers)
            {
                if (header.ClaimableFrom is { } from && !engine.Loaded.TryFind(header.Id, out _) && CanRun(header))
                {
                    Note(header.Id, from);
                }
            }
        }
    }

    private async Task WaitAsync(Task changed, DateTimeOffset nextSweep, CancellationToken cancellationToken)
    {
        // Without a free place nothing can be claimed: what ends here wakes the wait.
        DateTimeOffset until = engine.Loaded.Free > 0 && engine.Due.Nearest is { } due && due < nextSweep ? due : nextSweep;
        TimeSpan wait = engine.Time.Until(until);
        if (wait > TimeSpan.Zero)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(changed, Task.Delay(wait, engine.Time, timeout.Token));
            await timeout.CancelAsync();
        }
    }

    private async ValueTask TryClaimAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await ClaimAsync(id, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            engine.Log.LogWarning(e, "Instance {InstanceId} could not be claimed; it is tried again", id);
            Note(id, engine.Time.GetUtcNow() + AfterError);
        }
    }

    private async Task ClaimAsync(string id, CancellationToken cancellationToken)
    {
        if (engine.Loaded.TryFind(id, out _))
        {
            return;
        }

        InstanceView view = await engine.Store.ViewAsync(id, cancellationToken);
        if (view.Ghost is { } ghost)
        {
            engine.Log.LogInformation("Instance {InstanceId} has ended; a late copy of its creation is removed", id);
            await engine.Store.DeleteActiveAsync(id, ghost.ETag, engine.Store.ClientDeadline, cancellationToken);
            return;
        }

        if (view.Live is not { } live)
        {
            return;
        }

        var header = InstanceHeader.From(live.Document);
        if (header.ClaimableFrom is not { } from || !CanRun(header))
        {
            return;
        }

        if (from > engine.Time.GetUtcNow())
        {
            Note(id, from);
            return;
        }

        StoredInstance? finished = view.Finished ?? await engine.Store.FindFinishedAsync(id, cancellationToken);
        if (finished?.Document.Ends == live.Document.WriteId)
        {
            // Its owner died between the two requests of the end.
            await engine.Store.DeleteActiveAsync(id, live.ETag, engine.Store.ClientDeadline, cancellationToken);
            engine.Watches.Tell(id, null);
            return;
        }

        if (!engine.Loaded.TryReserve(live.Document))
        {
            Note(id, from);
            return;
        }

        bool runs = false;
        try
        {
            // Not cancelled by a stop: it might be applied all the same, and nobody would give the instance back.
            InstanceDocument claim = engine.Claim(live.Document);
            if ((await engine.Store.ReplaceAsync(claim, live.ETag, engine.Store.ClientDeadline, engine.Gone.Token)).Written is { } etag)
            {
                engine.Log.LogInformation("Instance {InstanceId} ({Orchestrator}) is claimed", id, claim.Name);
                engine.Loaded.Run(new StoredInstance(claim, etag), finished?.ETag);
                runs = true;
            }
        }
        finally
        {
            if (!runs)
            {
                engine.Loaded.Release();
            }
        }
    }

    // A little late, and each host by another while: so that they do not all ask at once.
    private void Note(string id, DateTimeOffset due)
    {
        TimeSpan jitter = Jitter.Draw(engine.Time) * LongestJitter;
        engine.Due.Add(id, due < DateTimeOffset.MaxValue - jitter ? due + jitter : DateTimeOffset.MaxValue);
    }

    private void Skip(string blob)
    {
        if (IsFirst(blob))
        {
            engine.Log.LogWarning("Blob {Blob} is no instance that this host can read; it is left alone", blob);
        }
    }

    private bool CanRun(InstanceHeader header)
    {
        if (header.Terminates || engine.Registry.Orchestrators.ContainsKey(header.Name))
        {
            return true;
        }

        if (IsFirst(header.Name))
        {
            engine.Log.LogWarning(
                "Instance {InstanceId} needs orchestrator {Orchestrator}, which this host does not have", header.Id, header.Name);
        }

        return false;
    }

    private bool IsFirst(string what)
    {
        lock (_warned)
        {
            return _warned.Count < MaxWarnings && _warned.Add(what);
        }
    }
}
