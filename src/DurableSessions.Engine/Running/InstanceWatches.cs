using System.Collections.Concurrent;
using System.Threading.Channels;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>Publishes to the clients that wait in this process what the workers of this process write.</summary>
internal sealed class InstanceWatches
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Watch, bool>> _watches = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Watches an instance until the watch is disposed.</summary>
    public Watch Open(string id)
    {
        var watch = new Watch(this, id);
        lock (_lock)
        {
            _watches.GetOrAdd(id, static _ => new ConcurrentDictionary<Watch, bool>()).TryAdd(watch, true);
        }

        return watch;
    }

    /// <summary>Gives a checkpoint to the clients that watch its instance.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="checkpoint">The instance as it was written; <see langword="null"/>: this process no longer runs it.</param>
    public void Publish(string id, OrchestrationMetadata? checkpoint)
    {
        if (_watches.TryGetValue(id, out ConcurrentDictionary<Watch, bool>? watches))
        {
            foreach (Watch watch in watches.Keys)
            {
                watch.Published.Writer.TryWrite(checkpoint);
            }
        }
    }

    private void Close(Watch watch)
    {
        lock (_lock)
        {
            if (_watches.TryGetValue(watch.Id, out ConcurrentDictionary<Watch, bool>? watches))
            {
                watches.TryRemove(watch, out _);
                if (watches.IsEmpty)
                {
                    _watches.TryRemove(watch.Id, out _);
                }
            }
        }
    }

    /// <summary>A client that waits; holds the last checkpoint that was published.</summary>
    internal sealed class Watch(InstanceWatches watches, string id) : IDisposable
    {
        public string Id { get; } = id;

        public Channel<OrchestrationMetadata?> Published { get; } =
            Channel.CreateBounded<OrchestrationMetadata?>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

        public void Dispose() => watches.Close(this);
    }
}
