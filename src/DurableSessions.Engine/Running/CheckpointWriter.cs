using DurableSessions.Engine.Instances;
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
    ReleasePolicy release,
    InstanceSnapshot snapshot,
    EngineOptions options,
    TimeProvider time,
    ILogger log,
    CancellationToken gone)
{
    /// <summary>When the owner writes a checkpoint even where nothing has changed.</summary>
    public DateTimeOffset RenewAt { get; private set; } = instance.Stored.OwnedUntil!.Value - options.Ownership + options.RenewalInterval;

    /// <summary>Writes the run as it stands.</summary>
    /// <param name="released">Whether the instance is given back with it.</param>
    /// <returns>
    /// How it went. <see cref="OwnerWrite.Merge"/>: the run has changed, by messages of other hosts or because it has failed
    /// at a limit, and is to be looked at again.
    /// </returns>
    public async Task<OwnerWrite> WriteAsync(Release released)
    {
        OwnerWriteResult result;
        try
        {
            result = await instance.CheckpointAsync(Checkpoint(released), gone);
        }
        catch (EngineLimitException e)
        {
            runner.Exceed(e);
            return OwnerWrite.Merge;
        }

        if (result.Stands)
        {
            inbox.Acknowledge();
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
            default:
                log.TakenOver(instance.Stored.Id);
                break;
        }

        return result.Kind;
    }

    private InstanceDocument Checkpoint(Release released)
    {
        DateTimeOffset now = time.GetUtcNow();
        InstanceDocument checkpoint = InstanceWrites.Checkpoint(instance.Stored, runner.Run, runner.IsOverLimit, now);
        return released == Release.Keep
            ? checkpoint.OwnedBy(instance.Owner, now + options.Ownership)
            : release.GiveBack(checkpoint, released == Release.Park, now);
    }
}
