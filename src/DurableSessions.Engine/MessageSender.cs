using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine;

/// <summary>
/// Records messages of this host's clients, and of the children that it runs: through the worker where this host runs the instance,
/// otherwise by a compare-and-swap on its blob, which also claims an instance that no host owns. A message that is acknowledged is stored;
/// a crash before that leaves it stored or not, and the sender without an answer.
/// </summary>
internal sealed class MessageSender(
    InstanceStore store, LoadedInstances loaded, Claims claims, DueQueue due, Handover handover, TimeProvider time, ILogger log)
{
    private const int Attempts = 20;
    private const int Stripes = 64;

    // An owner repeats its writes for longer.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(15);

    // Messages of this host for one instance do not compete with each other; an instance always has the same stripe.
    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, Stripes).Select(static _ => new SemaphoreSlim(1))];

    /// <summary>Records a message.</summary>
    /// <returns><see langword="false"/>: the instance was over.</returns>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="EngineLimitException">There is no room for it.</exception>
    /// <exception cref="TimeoutException">
    /// The instance changed at each attempt, or storage did not answer its worker: the message may come to be recorded.
    /// </exception>
    public async Task<bool> SendAsync(string id, HistoryEntry message, CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (loaded.TryFind(id, out InstanceWorker? worker))
            {
                Delivery delivery = await worker.DeliverAsync(message, cancellationToken).WaitAsync(s_longest, time, cancellationToken);
                if (delivery != Delivery.NotHere)
                {
                    return delivery == Delivery.Accepted;
                }
            }

            try
            {
                if (await SendThroughStorageAsync(id, message, cancellationToken) is { } sent)
                {
                    return sent;
                }
            }
            catch (UnreadableInstanceException)
            {
                // It is over once this host has looked at it.
                due.Add(id, DateTimeOffset.MinValue);
            }

            await Backoff.WaitAsync(attempt, time, cancellationToken);
        }

        throw new TimeoutException($"Instance '{id}' changed {Attempts} times while a message was sent to it.");
    }

    // Null: another write came first.
    private async Task<bool?> SendThroughStorageAsync(string id, HistoryEntry message, CancellationToken cancellationToken)
    {
        SemaphoreSlim stripe = _stripes[(uint)id.GetHashCode(StringComparison.Ordinal) % Stripes];
        await stripe.WaitAsync(cancellationToken);
        try
        {
            if (loaded.TryFind(id, out _))
            {
                return null;
            }

            InstanceView view = await store.ViewAsync(id, cancellationToken);
            return view.Live is not { } live
                ? view.Finished?.Document.Holds(message.MessageId!) ?? throw new OrchestrationNotFoundException(id)
                : live.Document.Decided is not null ? live.Document.Holds(message.MessageId!)
                : live.Document.Holds(message.MessageId!)
                    || !InstanceMessages.Matters(live.Document, message)
                    || await AppendAsync(live, message, cancellationToken) ? true
                : null;
        }
        finally
        {
            stripe.Release();
        }
    }

    private async Task<bool> AppendAsync(StoredInstance live, HistoryEntry message, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        InstanceDocument before = live.Document;
        InstanceDocument appended = before with { Inbox = [.. before.Inbox, message], WriteId = InstanceDocument.NewWriteId() };
        bool isFree = before.Owner is null || before.OwnedUntil <= now;
        bool claim = isFree && loaded.TryReserve(appended);
        bool runs = false;
        try
        {
            appended = claim ? claims.Claim(appended)
                : isFree ? appended with { Owner = null, OwnedUntil = null, NextDue = now, WaitsFor = null }
                : appended;
            WriteResult result = await store.ReplaceAsync(appended, live.ETag, store.ClientDeadline, cancellationToken);
            if (result.Written is { } etag && claim)
            {
                log.ClaimedFor(before.Id, before.Name, message.Type);
                loaded.Run(new StoredInstance(appended, etag), null);
                runs = true;
            }
            else if (result.Written is not null && isFree)
            {
                due.Add(before.Id, now);
                handover.LeavesDue(now);
            }

            return result.Written is not null || result.Found?.Document.Holds(message.MessageId!) == true;
        }
        finally
        {
            if (claim && !runs)
            {
                loaded.Release();
            }
        }
    }
}
