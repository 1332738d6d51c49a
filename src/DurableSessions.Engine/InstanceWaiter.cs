using DurableSessions.Engine.Running;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine;

/// <summary>
/// Waits for a state of an instance: through the checkpoints that a worker of this host publishes, otherwise by reading
/// storage, after 100 ms first and every 5 s at last.
/// </summary>
internal sealed class InstanceWaiter(InstanceReader reader, LoadedInstances loaded, InstanceWatches watches, TimeProvider time)
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Completes with the first state it sees for which <paramref name="predicate"/> holds. It may miss states in between.
    /// </summary>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    public async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken)
    {
        using InstanceWatches.Watch watch = watches.Open(instanceId);
        TimeSpan interval = FirstInterval;
        while (true)
        {
            bool here = loaded.TryFind(instanceId, out InstanceWorker? worker);
            OrchestrationMetadata seen = worker?.Snapshot
                ?? await reader.ReadAsync(instanceId, cancellationToken)
                ?? throw new OrchestrationNotFoundException(instanceId);
            while (true)
            {
                if (predicate(seen))
                {
                    return seen;
                }

                OrchestrationMetadata? next = await NextAsync(watch, here ? LongestInterval : interval, cancellationToken);
                if (next is null)
                {
                    break;
                }

                here = true;
                seen = next;
            }

            interval = interval * 2 < LongestInterval ? interval * 2 : LongestInterval;
        }
    }

    // What a worker publishes next; null: it is time to read storage.
    private async Task<OrchestrationMetadata?> NextAsync(
        InstanceWatches.Watch watch, TimeSpan interval, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(interval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await watch.Published.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
