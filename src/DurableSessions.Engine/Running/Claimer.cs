using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Telemetry;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Claims instances that are due, and repairs what a crash of their owner has left: a ghost, or an end whose last request is
/// missing. A crash before the claim is written leaves the instance as it was; a crash after leaves one whose ownership lapses.
/// </summary>
internal sealed class Claimer(
    InstanceStore store,
    OrchestrationRegistry registry,
    LoadedInstances loaded,
    Claims claims,
    DueQueue due,
    WantedListing listing,
    ParkedInstances parked,
    InstanceWatches watches,
    Quarantine quarantine,
    EngineLifetime lifetime,
    EngineMeter meter,
    TimeProvider time,
    ILogger log)
{
    private static readonly TimeSpan LongestJitter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    private readonly FirstSeen _unknownOrchestrators = new();

    /// <summary>Claims an instance and runs it here, where it is due and there is room. What fails is noted to be tried again.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    public async ValueTask TryClaimAsync(string id, CancellationToken cancellationToken) =>
        await TryClaimAsync(id, null, cancellationToken);

    /// <summary>Claims a parked instance that has a slot, and gives the slot back where it is not run. Never throws.</summary>
    public async Task ClaimParkedAsync(string id, ReservedSlot slot)
    {
        bool runs = false;
        try
        {
            runs = await TryClaimAsync(id, slot, lifetime.Stopping);
        }
        catch (Exception) when (lifetime.Stopping.IsCancellationRequested)
        {
            // The host stops: another one finds the instance.
        }
        finally
        {
            if (!runs)
            {
                slot.Slot.GiveBack();
            }
        }
    }

    /// <summary>Notes what this host is to do with an instance that it saw in storage: claim it at a time, or once it has a slot.</summary>
    public void Note(InstanceHeader header)
    {
        DateTimeOffset? from = claims.ClaimableFrom(header);
        if ((from is null && !header.IsParked) || !CanRun(header))
        {
            return;
        }

        if (from is { } when)
        {
            Note(header, when);
        }

        if (header.IsParked)
        {
            parked.Offer(header);
        }
    }

    private void Note(InstanceHeader header, DateTimeOffset when)
    {
        switch (when > time.GetUtcNow() ? claims.AttentionTo(header) : Attention.Look)
        {
            case Attention.Look:
                Note(header.Id, when);
                break;
            case Attention.List:
                due.Remove(header.Id);
                listing.Want(when);
                break;
            default:
                due.Remove(header.Id);
                break;
        }
    }

    private async Task<bool> TryClaimAsync(string id, ReservedSlot? slot, CancellationToken cancellationToken)
    {
        try
        {
            return await ClaimAsync(id, slot, cancellationToken);
        }
        catch (NewerInstanceException e)
        {
            // A host that knows its version finds it.
            log.InstanceNewer(e, id);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.ClaimFailed(e, id);
            Note(id, time.GetUtcNow() + AfterError);
        }

        return false;
    }

    /// <summary>Notes when this host is to look at an instance: up to 250 ms late, so that hosts do not all ask at once.</summary>
    public void Note(string id, DateTimeOffset when)
    {
        TimeSpan jitter = Jitter.Draw(time) * LongestJitter;
        due.Add(id, when < DateTimeOffset.MaxValue - jitter ? when + jitter : DateTimeOffset.MaxValue);
    }

    /// <summary>Whether this host can run an instance to its end.</summary>
    public bool CanRun(InstanceHeader header)
    {
        if (header.Terminates || registry.Orchestrators.ContainsKey(header.Name))
        {
            return true;
        }

        if (_unknownOrchestrators.IsFirst(header.Name))
        {
            log.OrchestratorUnknown(header.Id, header.Name);
        }

        return false;
    }

    // Returns whether the instance runs here, in the slot where there is one.
    private async Task<bool> ClaimAsync(string id, ReservedSlot? slot, CancellationToken cancellationToken)
    {
        if (loaded.TryFind(id, out _))
        {
            return false;
        }

        InstanceView view;
        try
        {
            view = await store.ViewAsync(id, cancellationToken);
        }
        catch (UnreadableInstanceException e)
        {
            // Its owner, where it has one that lives, writes it anew.
            if (claims.ClaimableFrom(e.Header) is { } lapses && lapses > time.GetUtcNow())
            {
                Note(id, lapses);
            }
            else
            {
                await quarantine.EndAsync(e, cancellationToken);
            }

            return false;
        }

        if (view.Ghost is { } ghost)
        {
            log.GhostRemoved(id);
            await store.DeleteActiveAsync(id, ghost.ETag, store.ClientDeadline, cancellationToken);
            return false;
        }

        if (view.Live is not { } live)
        {
            return false;
        }

        var header = InstanceHeader.From(live.Document);
        bool hasSlot = header.IsParked && slot is not null && header.WaitsFor.Contains(slot.Activity);
        if (!CanRun(header) || !(hasSlot || claims.ClaimableFrom(header) <= time.GetUtcNow()))
        {
            Note(header);
            return false;
        }

        StoredInstance? finished = view.Finished ?? await store.FindFinishedAsync(id, cancellationToken);
        if (finished?.Document.Ends == live.Document.WriteId)
        {
            // Its owner died between the two requests of the end.
            await store.DeleteActiveAsync(id, live.ETag, store.ClientDeadline, cancellationToken);
            watches.Publish(id, null);
            return false;
        }

        if (!loaded.TryReserve(live.Document))
        {
            Note(id, time.GetUtcNow());
            return false;
        }

        bool runs = false;
        try
        {
            // A stop does not cancel it: storage might apply the claim all the same, and no host would give the instance back.
            InstanceDocument claim = claims.Claim(live.Document);
            WriteResult result = await store.ReplaceAsync(claim, live.ETag, store.ClientDeadline, lifetime.Gone);
            if (result.Written is { } etag)
            {
                meter.Claimed(claim.Name);
                log.Claimed(id, claim.Name);
                loaded.Run(new StoredInstance(claim, etag), finished?.ETag, slot);
                runs = true;
            }
            else if (result.Found is { } changed)
            {
                // Another host has claimed it, or only sent it a message.
                Note(InstanceHeader.From(changed.Document));
            }
        }
        finally
        {
            if (!runs)
            {
                loaded.Release();
            }
        }

        return runs;
    }
}
