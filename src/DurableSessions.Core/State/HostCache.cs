using DurableSessions.Core.Storage;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.State;

/// <summary>
/// What one host remembers of storage: manifests, segments, digests, memories. It is bounded by bytes, as each entry estimates its own, and
/// gives up first what was used least; nothing is lost by that, since storage has it all. What is larger than the bound is not remembered.
/// </summary>
internal sealed class HostCache : MemoryCache
{
    /// <summary>What an entry takes besides its value: its key, and its place.</summary>
    public const int EntryBytes = 512;

    private readonly Lock _lock = new();

    /// <param name="loggers">For what the cache itself has to say.</param>
    /// <param name="maxBytes">The bound.</param>
    public HostCache(ILoggerFactory loggers, long maxBytes)
        : base(new MemoryCacheOptions { SizeLimit = maxBytes, TrackStatistics = true }, loggers) =>
        StoreTelemetry.Show(this, () => Bytes);

    /// <summary>Bytes of all entries, as they estimate them.</summary>
    public long Bytes => GetCurrentStatistics()!.CurrentEstimatedSize!.Value;

    /// <summary>Options of an entry of this size that is forgotten when it was not asked for so long.</summary>
    /// <param name="bytes">What its value takes.</param>
    /// <param name="unused">How long; <see langword="null"/>: for any time.</param>
    public static MemoryCacheEntryOptions Sized(long bytes, TimeSpan? unused = null) =>
        new() { Size = EntryBytes + bytes, SlidingExpiration = unused };

    /// <summary>Options of an entry whose value is a number or less, and that is forgotten after so long.</summary>
    public static MemoryCacheEntryOptions Small(TimeSpan kept) => new() { Size = EntryBytes, AbsoluteExpirationRelativeToNow = kept };

    /// <summary>Bytes of a text.</summary>
    public static long BytesOf(string? text) => text is null ? 0 : sizeof(char) * (long)text.Length;

    /// <summary>What is remembered under a key, made where there is none: once, however many ask for it at the same time.</summary>
    /// <param name="key">The key.</param>
    /// <param name="unused">How long it is remembered after it was asked for last.</param>
    /// <param name="bytes">What it takes at first.</param>
    /// <param name="create">Makes it, at once.</param>
    public T GetOrCreateOnce<T>(object key, TimeSpan unused, long bytes, Func<T> create)
        where T : class
    {
        if (this.TryGetValue(key, out T? known))
        {
            return known!;
        }

        lock (_lock)
        {
            return this.GetOrCreate(key, _ => create(), Sized(bytes, unused))!;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        StoreTelemetry.Forget(this);
        base.Dispose(disposing);
    }

    /// <summary>A value has come to take more, or less. Where it is not what is remembered, nothing happens.</summary>
    public void Resize(object key, object value, TimeSpan unused, long bytes)
    {
        if (this.TryGetValue(key, out object? known) && ReferenceEquals(known, value))
        {
            this.Set(key, value, Sized(bytes, unused));
        }
    }
}
