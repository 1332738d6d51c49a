using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine;

/// <summary>
/// Reads an instance from storage for a client, and has this host look at it where its owner has died or given it back: a
/// caller waits for it, and the next sweep may be far.
/// </summary>
internal sealed class InstanceReader(
    InstanceStore store, LoadedInstances loaded, Claims claims, DueQueue due, ParkedInstances parked, OtherHosts others)
{
    /// <summary>The instance as it is stored; <see langword="null"/>: there is no such instance.</summary>
    public async Task<OrchestrationMetadata?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        bool runsHere = loaded.TryFind(id, out _);
        DateTimeOffset? noted = due.Find(id);
        InstanceView view;
        try
        {
            view = await store.ViewAsync(id, cancellationToken);
        }
        catch (UnreadableInstanceException)
        {
            due.Add(id, DateTimeOffset.MinValue);
            throw;
        }

        Note(id, view, noted, runsHere || loaded.TryFind(id, out _));
        return view.Current?.ToMetadata();
    }

    // The client waits for its owner: whether that lives is asked from now on, not only where the next listing has shown it.
    private void Note(InstanceHeader header)
    {
        if (header.Owner is { } owner)
        {
            others.Saw(owner);
        }

        if (claims.ClaimableFrom(header) is { } from)
        {
            due.Add(header.Id, from);
        }

        if (header.IsParked)
        {
            parked.Offer(header);
        }
    }

    // An instance that runs here, or did when storage was asked, is noted by its worker. One that is over is forgotten, unless
    // it was noted after storage was asked: then it may have been scheduled again.
    private void Note(string id, InstanceView view, DateTimeOffset? noted, bool runsHere)
    {
        if (view.Live is not { } live)
        {
            if (noted is not null && view.Ghost is null)
            {
                due.Remove(id, noted);
            }
        }
        else if (!runsHere)
        {
            Note(InstanceHeader.From(live.Document));
        }
    }
}
