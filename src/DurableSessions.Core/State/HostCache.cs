using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.State;

/// <summary>
/// What one host remembers of storage: manifests, segments, digests, memories. It is bounded, and gives up first what was used least;
/// nothing is lost by that, since storage has it all.
/// </summary>
internal sealed class HostCache(ILoggerFactory loggers) : MemoryCache(new MemoryCacheOptions { SizeLimit = MaxEntries }, loggers)
{
    private const int MaxEntries = 50_000;

    private readonly Lock _lock = new();

    /// <summary>What is remembered under a key, made where there is none: once, however many ask for it at the same time.</summary>
    /// <param name="key">The key.</param>
    /// <param name="unused">How long it is remembered after it was asked for last.</param>
    /// <param name="create">Makes it, at once.</param>
    public T GetOrCreateOnce<T>(object key, TimeSpan unused, Func<T> create)
        where T : class
    {
        if (this.TryGetValue(key, out T? known))
        {
            return known!;
        }

        lock (_lock)
        {
            return this.GetOrCreate(
                key,
                entry =>
                {
                    entry.Size = 1;
                    entry.SlidingExpiration = unused;
                    return create();
                })!;
        }
    }
}
