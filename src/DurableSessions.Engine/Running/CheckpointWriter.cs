using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Writes the checkpoints of one instance: one conditional write of its active blob each. A client is acknowledged after
/// the write that has its message. A crash before a write leaves the checkpoint before it; a crash after leaves the new one.
/// </summary>
internal sealed class CheckpointWriter(
    OwnedInstance instance,
    TurnRunner runner,
    InstanceInbox inbox,
    InstanceChildren children,
    ReleasePolicy release,
    InstanceSnapshot snapshot,
    Liveness liveness,
    EngineOptions options,
    EngineMeter meter,
    TimeProvider time,
    ILogger log,
    CancellationToken gone)
{
    private int _lapses = liveness.Lapses;

    /// <summary>When the owner renews its ownership, or looks whether it must.</summary>
    public DateTimeOffset RenewAt { get; private set; } = instance.Stored.Updated + options.RenewalInterval;

    /// <summary>From when on a host may claim the instance where this one has dropped it.</summary>
    public DateTimeOffset? LapsesAt => instance.Stored.Updated + options.Ownership is { } lapses && lapses < instance.Stored.OwnedUntil
        ? lapses
        : instance.Stored.OwnedUntil;

    /// <summary>
    /// Puts the renewal off, where other hosts know that this one lives, and have known it since the last write. Where they may not have,
    /// the instance may run elsewhere, and the write shows it.
    /// </summary>
    /// <returns><see langword="false"/>: the ownership is to be renewed.</returns>
    public bool TryDefer()
    {
        DateTimeOffset now = time.GetUtcNow();
        InstanceDocument stored = instance.Stored;
        if (liveness.Covers(instance.Owner) is not { } covered
            || liveness.Lapses != _lapses
            || stored.OwnedUntil - now <= (stored.OwnedUntil - stored.Updated) / 3 * 2)
        {
            return false;
        }

        RenewAt = now + (covered < options.RenewalInterval ? covered : options.RenewalInterval);
        return true;
    }

    /// <summary>Writes the run as it stands.</summary>
    /// <param name="released">Whether the instance is given back with it.</param>
    /// <returns>
    /// How it went. <see cref="OwnerWrite.Merge"/>: the run has changed, by messages of other hosts or because it has failed
    /// at a limit, and is to be looked at again.
    /// </returns>
    public Task<OwnerWrite> WriteAsync(Release released) => WriteAsync(Checkpoint(released));

    /// <summary>
    /// Writes how a child ends, for ever. A crash before it leaves the last checkpoint, and its end may become another; a crash after it
    /// leaves an instance that any host brings to this end.
    /// </summary>
    /// <inheritdoc cref="WriteAsync(Release)" path="/returns"/>
    public Task<OwnerWrite> DecideAsync()
    {
        DateTimeOffset now = time.GetUtcNow();
        return WriteAsync(Owned(InstanceWrites.Decided(instance.Stored, runner.Run, runner.IsOverLimit, now), now));
    }

    private async Task<OwnerWrite> WriteAsync(InstanceDocument checkpoint)
    {
        if (await SendAsync(checkpoint) is not { } result)
        {
            return OwnerWrite.Merge;
        }

        switch (result.Kind)
        {
            case OwnerWrite.Written:
                runner.Checkpointed();
                RenewAt = time.GetUtcNow() + options.RenewalInterval;
                snapshot.Publish(instance.Stored.ToMetadata());
                break;
            case OwnerWrite.Merge when result.Stands:
                inbox.TakeAppended(result.Messages);
                break;
            case OwnerWrite.Merge:
                inbox.TakeAppendedFirst(result.Messages);
                break;
        }

        return result.Kind;
    }

    /// <summary>
    /// Writes that the instance begins again: with the next input, an empty history, and the messages that are left. A crash before it
    /// leaves the last checkpoint, from which the orchestrator comes here again; a crash after it leaves an instance that begins.
    /// </summary>
    /// <param name="released">Whether the instance is given back with it; it is due at once.</param>
    /// <returns>
    /// How it went. <see cref="OwnerWrite.Merge"/>: nothing is written, and the run has changed, by messages of other hosts or because
    /// it has failed at a limit.
    /// </returns>
    public async Task<OwnerWrite> ContinueAsync(bool released)
    {
        DateTimeOffset now = time.GetUtcNow();
        InstanceDocument next = InstanceWrites.Continued(instance.Stored, runner.Run, now);
        if (await SendAsync(released ? next.GivenBack(now) : Owned(next, now)) is not { } result)
        {
            return OwnerWrite.Merge;
        }

        switch (result.Kind)
        {
            case OwnerWrite.Merge when !result.Stands:
                inbox.TakeAppendedFirst(result.Messages);
                return OwnerWrite.Merge;
            case OwnerWrite.Lost:
                return OwnerWrite.Lost;
            default:
                snapshot.Publish(instance.Stored.ToMetadata());
                return OwnerWrite.Written;
        }
    }

    // Null: it is over a limit, and the run has failed.
    private async Task<OwnerWriteResult?> SendAsync(InstanceDocument document)
    {
        OwnerWriteResult result;
        try
        {
            result = await instance.CheckpointAsync(document, gone);
        }
        catch (EngineLimitException e)
        {
            runner.Exceed(e);
            return null;
        }

        if (result.Stands)
        {
            inbox.Acknowledge();
        }

        if (result.Kind == OwnerWrite.Lost)
        {
            meter.Lost(instance.Stored.Name);
            log.TakenOver(instance.Stored.Id);
        }

        return result;
    }

    private InstanceDocument Owned(InstanceDocument document, DateTimeOffset now)
    {
        _lapses = liveness.Lapses;
        return document.OwnedBy(
            instance.Owner, now + (liveness.Covers(instance.Owner) is null ? options.Ownership : options.CoveredOwnership));
    }

    private InstanceDocument Checkpoint(Release released)
    {
        DateTimeOffset now = time.GetUtcNow();
        InstanceDocument checkpoint = InstanceWrites.Checkpoint(instance.Stored, runner.Run, runner.IsOverLimit, now) with
        {
            ChildrenBelow = children.Below,
        };
        return released == Release.Keep
            ? Owned(checkpoint, now)
            : release.GiveBack(checkpoint, released == Release.Park, now);
    }
}
