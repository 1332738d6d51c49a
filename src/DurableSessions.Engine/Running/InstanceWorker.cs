using Azure;
using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Runs one claimed instance until it ends, is given back because it only waits, or is lost. One loop: take what has
/// happened, advance the orchestrator in memory, write one checkpoint, start what it asks for. What arrives while a
/// checkpoint is written goes into the next.
/// </summary>
internal sealed class InstanceWorker(
    OwnedInstance instance,
    TurnRunner runner,
    InstanceInbox inbox,
    InstanceActivities activities,
    InstanceChildren children,
    ReleasePolicy release,
    CheckpointWriter checkpoints,
    EndWriter end,
    InstanceSnapshot snapshot,
    WorkerMailbox mailbox,
    DueQueue due,
    ParkedInstances parked,
    Handover handover,
    EngineLifetime lifetime,
    TimeProvider time,
    ILogger log)
{
    private WorkerMailbox Mailbox { get; } = mailbox;

    private readonly long _began = time.GetTimestamp();
    private bool _ended;
    private DateTimeOffset? _lookAgain;

    /// <summary>The last checkpoint.</summary>
    public OrchestrationMetadata Snapshot => snapshot.Current;

    /// <summary>
    /// The instance begins again, and this host owns it: another worker is to run it, since nothing of this one counts any more.
    /// <see langword="null"/>: it does not.
    /// </summary>
    public (StoredInstance Claimed, ETag? Finished)? Next { get; private set; }

    /// <summary>Hands over a message of a client, and waits until it is recorded.</summary>
    /// <inheritdoc cref="WorkerMailbox.DeliverAsync"/>
    public Task<Delivery> DeliverAsync(HistoryEntry message, CancellationToken cancellationToken) =>
        Mailbox.DeliverAsync(message, cancellationToken);

    /// <summary>Runs the instance while it is here. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            _ended = await LoopAsync();
            _lookAgain = instance.Stored.Owner is null ? InstanceHeader.From(instance.Stored).ClaimableFrom : null;
        }
        catch (Exception) when (lifetime.Gone.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            log.InstanceDropped(e, instance.Stored.Id);
            _lookAgain = checkpoints.LapsesAt;
        }

        inbox.TurnAway();
        activities.Cancel();
        children.Cancel();
    }

    /// <summary>Leaves to the worker of <see cref="Next"/> what clients have sent meanwhile; called once they find that one.</summary>
    public void HandOver(InstanceWorker next) => Mailbox.CloseInto(next.Mailbox);

    /// <summary>Answers the clients that still wait; called once no client of this host finds this worker any more.</summary>
    public void Close()
    {
        Mailbox.Close();
        if (_ended)
        {
            return;
        }

        snapshot.Withdraw();
        if (_lookAgain is { } when)
        {
            due.Add(instance.Stored.Id, when);
            if (instance.Stored.Owner is null)
            {
                handover.LeavesDue(when);
            }
        }

        var header = InstanceHeader.From(instance.Stored);
        if (header.IsParked)
        {
            log.Parked(header.Id, header.Name, string.Join(", ", header.WaitsFor));
            parked.Offer(header);
        }
    }

    // Returns whether the instance is over.
    private async Task<bool> LoopAsync()
    {
        runner.Start();
        inbox.TakeAppended(instance.Stored.Inbox);
        while (true)
        {
            if (runner.Run.Outcome is not null)
            {
                if (await end.WriteAsync() is { } over)
                {
                    return over;
                }

                continue;
            }

            if (runner.Run.Continuation is not null)
            {
                if (await ContinueAsync())
                {
                    return false;
                }

                continue;
            }

            Release released = NextRelease();
            if (released == Release.Keep && time.GetUtcNow() >= checkpoints.RenewAt && !checkpoints.TryDefer())
            {
                runner.RequireCheckpoint();
            }

            if (released != Release.Keep || runner.NeedsCheckpoint)
            {
                switch (await checkpoints.WriteAsync(released))
                {
                    case OwnerWrite.Lost:
                        return false;
                    case OwnerWrite.Written when released != Release.Keep && instance.Stored.Owner is null:
                        return false;
                    default:
                        continue;
                }
            }

            if (!lifetime.Stopping.IsCancellationRequested)
            {
                activities.StartDue();
                children.StartDue();
            }

            await WaitAsync(
                runner.Run.NextTimer?.FireAt is { } fire && fire < checkpoints.RenewAt ? fire : checkpoints.RenewAt);
            inbox.TakeFromMailbox();
            runner.FireTimers();
        }
    }

    // An own turn, however short: it takes what has come meanwhile, ends in a write, and gives back where the host stops. A short run that
    // has taken no message waits first: writes without a pause would leave no other host the time to append a message, a termination
    // even. Returns whether this worker is done.
    private async Task<bool> ContinueAsync()
    {
        inbox.TakeFromMailbox();
        if (runner.Run.Outcome is not null)
        {
            return false;
        }

        bool stops = lifetime.Stopping.IsCancellationRequested;
        TimeSpan early = EngineLimits.ShortestRun - time.GetElapsedTime(_began);
        if (!stops && early > TimeSpan.Zero && !runner.Run.Taken.Any())
        {
            await WaitAsync(time.GetUtcNow() + early);
            return false;
        }

        OwnerWrite written = await checkpoints.ContinueAsync(stops);
        if (written == OwnerWrite.Written && instance.Stored.Owner is not null)
        {
            Next = (new StoredInstance(instance.Stored, instance.ETag), instance.Finished);
        }

        return written != OwnerWrite.Merge;
    }

    // An activity that has been granted its slot meanwhile keeps the instance here; one that runs when the host stops does so until its
    // time is up.
    private Release NextRelease()
    {
        if (lifetime.Cancelling.IsCancellationRequested)
        {
            activities.Cancel();
            children.Cancel();
            return Release.GiveBack;
        }

        if (lifetime.Stopping.IsCancellationRequested)
        {
            return activities.TryWithdraw() && !children.AreUnderWay ? Release.GiveBack : Release.Keep;
        }

        Release next = release.Next(checkpoints.RenewAt);
        return next == Release.Keep || activities.TryWithdraw() ? next : Release.Keep;
    }

    // Until a message arrives, a time (a timer or a renewal is due), or the host stops.
    private async Task WaitAsync(DateTimeOffset until)
    {
        TimeSpan wait = time.Until(until);
        if (wait <= TimeSpan.Zero)
        {
            return;
        }

        using var timeout = new CancellationTokenSource(wait, time);
        CancellationToken stop = lifetime.Stopping.IsCancellationRequested ? lifetime.Cancelling : lifetime.Stopping;
        using var wake = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop, lifetime.Gone);
        try
        {
            await inbox.WaitAsync(wake.Token);
        }
        catch (OperationCanceledException)
        {
            lifetime.Gone.ThrowIfCancellationRequested();
        }
    }
}
