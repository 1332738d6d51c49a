using DurableSessions.Engine.Instances;
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
    InstanceWatches watches,
    Quarantine quarantine,
    EngineLifetime lifetime,
    TimeProvider time,
    ILogger log)
{
    private static readonly TimeSpan LongestJitter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    private readonly FirstSeen _unknownOrchestrators = new();

    /// <summary>Claims an instance and runs it here, where it is due and there is room. What fails is noted to be tried again.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    public async ValueTask TryClaimAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await ClaimAsync(id, cancellationToken);
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

    private async Task ClaimAsync(string id, CancellationToken cancellationToken)
    {
        if (loaded.TryFind(id, out _))
        {
            return;
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

            return;
        }

        if (view.Ghost is { } ghost)
        {
            log.GhostRemoved(id);
            await store.DeleteActiveAsync(id, ghost.ETag, store.ClientDeadline, cancellationToken);
            return;
        }

        if (view.Live is not { } live)
        {
            return;
        }

        var header = InstanceHeader.From(live.Document);
        if (claims.ClaimableFrom(header) is not { } from || !CanRun(header))
        {
            return;
        }

        if (from > time.GetUtcNow())
        {
            Note(id, from);
            return;
        }

        StoredInstance? finished = view.Finished ?? await store.FindFinishedAsync(id, cancellationToken);
        if (finished?.Document.Ends == live.Document.WriteId)
        {
            // Its owner died between the two requests of the end.
            await store.DeleteActiveAsync(id, live.ETag, store.ClientDeadline, cancellationToken);
            watches.Publish(id, null);
            return;
        }

        if (!loaded.TryReserve(live.Document))
        {
            Note(id, from);
            return;
        }

        bool runs = false;
        try
        {
            // A stop does not cancel it: storage might apply the claim all the same, and no host would give the instance back.
            InstanceDocument claim = claims.Claim(live.Document);
            WriteResult result = await store.ReplaceAsync(claim, live.ETag, store.ClientDeadline, lifetime.Gone);
            if (result.Written is { } etag)
            {
                log.Claimed(id, claim.Name);
                loaded.Run(new StoredInstance(claim, etag), finished?.ETag);
                runs = true;
            }
            else if (result.Found is { } changed && claims.ClaimableFrom(InstanceHeader.From(changed.Document)) is { } later)
            {
                // Another host has claimed it, or only sent it a message.
                Note(id, later);
            }
        }
        finally
        {
            if (!runs)
            {
                loaded.Release();
            }
        }
    }
}
