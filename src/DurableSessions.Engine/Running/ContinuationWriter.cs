using DurableSessions.Engine.Instances;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Writes that one instance begins again: one conditional write of its active blob, with the next input, an empty history, and the
/// messages that are left. A crash before it leaves the last checkpoint, from which the orchestrator comes here again; a crash after it
/// leaves an instance that begins.
/// </summary>
internal sealed class ContinuationWriter(
    OwnedInstance instance,
    TurnRunner runner,
    InstanceInbox inbox,
    InstanceSnapshot snapshot,
    EngineOptions options,
    TimeProvider time,
    ILogger log,
    CancellationToken gone)
{
    /// <summary>Writes the continuation of the run as it stands.</summary>
    /// <param name="released">Whether the instance is given back with it; it is due at once.</param>
    /// <returns>
    /// How it went. <see cref="OwnerWrite.Merge"/>: nothing is written, and the run has changed, by messages of other hosts or because
    /// it has failed at a limit.
    /// </returns>
    public async Task<OwnerWrite> WriteAsync(bool released)
    {
        DateTimeOffset now = time.GetUtcNow();
        InstanceDocument next = InstanceWrites.Continued(instance.Stored, runner.Run, now);
        OwnerWriteResult result;
        try
        {
            result = await instance.CheckpointAsync(
                released ? next.GivenBack(now) : next.OwnedBy(instance.Owner, now + options.Ownership), gone);
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
            case OwnerWrite.Merge when !result.Stands:
                inbox.TakeAppendedFirst(result.Messages);
                return OwnerWrite.Merge;
            case OwnerWrite.Lost:
                log.TakenOver(instance.Stored.Id);
                return OwnerWrite.Lost;
            default:
                snapshot.Publish(instance.Stored.ToMetadata());
                return OwnerWrite.Written;
        }
    }
}
