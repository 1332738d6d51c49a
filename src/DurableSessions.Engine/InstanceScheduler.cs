using System.Diagnostics;
using Azure;
using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using DurableSessions.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine;

/// <summary>
/// Creates instances, with one conditional write each. A crash after it leaves an instance that a host runs. Under an id that
/// may have been used before, the host then looks for an ended instance; a crash in between leaves a ghost, which no host runs.
/// </summary>
internal sealed class InstanceScheduler(
    InstanceStore store, LoadedInstances loaded, Claims claims, DueQueue due, Handover handover, TimeProvider time, ILogger log)
{
    private const int Attempts = 10;

    /// <summary>Creates the instance, or returns the one that has its id.</summary>
    /// <param name="instance">The instance; its generation is set here.</param>
    /// <param name="isFresh">No other caller can know its id: no ended instance is looked for.</param>
    /// <param name="replaces">Whether one that has ended gives its id to this one; <see langword="null"/>: none does.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <exception cref="TimeoutException">Another host changed the instance at each attempt.</exception>
    public async Task<InstanceDocument> ScheduleAsync(
        InstanceDocument instance, bool isFresh, Func<InstanceDocument, bool>? replaces, CancellationToken cancellationToken)
    {
        using Activity? span = InstanceTrace.Create(instance);
        InstanceDocument scheduled = await TryScheduleAsync(
            instance with { TraceParent = InstanceTrace.ContextOf(span, instance) }, isFresh, replaces, span, cancellationToken);
        InstanceTrace.Link(span, scheduled);
        return scheduled;
    }

    private async Task<InstanceDocument> TryScheduleAsync(
        InstanceDocument instance,
        bool isFresh,
        Func<InstanceDocument, bool>? replaces,
        Activity? span,
        CancellationToken cancellationToken)
    {
        StoredInstance? replaced = null;
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (replaces is not null && !isFresh)
            {
                InstanceView view = await store.ViewAsync(instance.Id, cancellationToken);
                if (view.Current is { } current && (view.Live is not null || !replaces(current)))
                {
                    return current;
                }

                if (view.Ghost is { } ghost)
                {
                    await store.DeleteActiveAsync(instance.Id, ghost.ETag, store.ClientDeadline, cancellationToken);
                }

                replaced = view.Finished;
                instance = instance with { Generation = (replaced?.Document.Generation ?? 0) + 1 };
            }

            if (await TryCreateAsync(instance, isFresh, replaced, cancellationToken) is { } scheduled)
            {
                if (replaced is not null)
                {
                    InstanceTrace.Link(span, replaced.Document);
                }

                return scheduled;
            }

            await Backoff.WaitAsync(attempt, time, cancellationToken);
        }

        throw new TimeoutException($"Instance '{instance.Id}' changed {Attempts} times while it was scheduled.");
    }

    // Null: another host changed the instance in between.
    private async Task<InstanceDocument?> TryCreateAsync(
        InstanceDocument instance, bool isFresh, StoredInstance? replaced, CancellationToken cancellationToken)
    {
        bool run = loaded.TryReserve(instance);
        try
        {
            instance = run ? claims.Own(instance) : instance with { NextDue = time.GetUtcNow() };
            instance = instance with { WriteId = InstanceDocument.NewWriteId() };
            WriteResult result = await store.CreateAsync(instance, store.ClientDeadline, cancellationToken);
            if (result.Written is not { } etag)
            {
                // An ended instance that this call replaces is no answer: its status was checked before.
                InstanceView view = await store.ViewAsync(instance.Id, cancellationToken);
                return view.Live?.Document ?? (replaced is null ? view.Finished?.Document : null);
            }

            if (!isFresh && await store.FindFinishedAsync(instance.Id, cancellationToken) is { } finished)
            {
                if (finished.Document.Generation >= instance.Generation)
                {
                    await store.DeleteActiveAsync(instance.Id, etag, store.ClientDeadline, cancellationToken);
                    return replaced is null ? finished.Document : null;
                }
            }

            log.Scheduled(instance.Id, instance.Name);
            Start(instance, etag, replaced, ref run);
            return instance;
        }
        finally
        {
            if (run)
            {
                loaded.Release();
            }
        }
    }

    private void Start(InstanceDocument instance, ETag etag, StoredInstance? replaced, ref bool run)
    {
        if (run)
        {
            loaded.Run(new StoredInstance(instance, etag), replaced?.ETag);
            run = false;
        }
        else
        {
            due.Add(instance.Id, instance.NextDue!.Value);
            handover.LeavesDue(instance.NextDue.Value);
        }
    }
}
