using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Writes the end of one instance whose run has an outcome. A crash before the last of its requests leaves an active
/// instance, which its next owner brings to its end.
/// </summary>
internal sealed class EndWriter(
    OwnedInstance instance,
    TurnRunner runner,
    InstanceInbox inbox,
    CheckpointWriter checkpoints,
    InstanceSnapshot snapshot,
    SubOrchestrations subOrchestrations,
    EngineMeter meter,
    TimeProvider time,
    ILogger log,
    CancellationToken gone)
{
    private bool _isAnswered;

    /// <summary>Ends the instance, with the messages that came before its end in its history.</summary>
    /// <returns>
    /// <see langword="true"/>: it is over. <see langword="false"/>: another host has it. <see langword="null"/>: it goes on
    /// after all, by a message that came before its end.
    /// </returns>
    public async Task<bool?> WriteAsync()
    {
        while (runner.Run.Outcome is { } outcome)
        {
            // Decided before the parent has it: otherwise a termination, or a replay, could still give the child another end.
            if (instance.Stored is { Parent: not null, Decided: null })
            {
                if (await checkpoints.DecideAsync() == OwnerWrite.Lost)
                {
                    return false;
                }

                continue;
            }

            // The parent has it before the child ends: an instance that is over has no owner that would send it.
            if (instance.Stored.Decided is not null && !_isAnswered)
            {
                await subOrchestrations.AnswerAsync(instance.Stored, gone);
                _isAnswered = true;
            }

            // An instance ends only on an active blob that an owner has written: otherwise it could not be distinguished from a ghost.
            if (instance.Stored.CheckpointId is null)
            {
                if (await checkpoints.WriteAsync(Release.Keep) == OwnerWrite.Lost)
                {
                    return false;
                }

                continue;
            }

            InstanceDocument final = InstanceWrites.Final(instance.Stored, runner.Run, runner.IsOverLimit, time.GetUtcNow());
            OwnerWriteResult result;
            try
            {
                result = await instance.EndAsync(final, gone);
            }
            catch (EngineLimitException e) when (!runner.IsOverLimit && instance.Stored.Decided is null)
            {
                runner.Exceed(e);
                continue;
            }

            switch (result.Kind)
            {
                case OwnerWrite.Written:
                    Ended(final, outcome);
                    return true;
                case OwnerWrite.Lost:
                    meter.Lost(final.Name);
                    log.TakenOverBeforeEnd(final.Id);
                    return false;
                default:
                    inbox.TakeAppended(result.Messages);
                    break;
            }
        }

        return null;
    }

    private void Ended(InstanceDocument final, RunOutcome outcome)
    {
        InstanceTrace.End(final);
        meter.Ended(final);
        log.Ended(final.Id, final.Name, outcome.Status, outcome.Failure?.ErrorMessage);
        snapshot.Publish(final.ToMetadata());
        inbox.AcknowledgeEnd();
    }
}
