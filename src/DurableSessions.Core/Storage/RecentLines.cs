using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.Storage;

/// <summary>
/// The lines of blobs that this host has written whole a moment ago, so that its next step need not read them back. Only of
/// blobs that are written once: what is remembered can never differ from what is stored.
/// </summary>
internal sealed class RecentLines : IDisposable
{
    /// <summary>Larger blobs are read back.</summary>
    public const int MaxBlobBytes = 2 * 1024 * 1024;

    private const long MaxBytes = 32 * 1024 * 1024;

    private readonly MemoryCache _memory = new(new MemoryCacheOptions { SizeLimit = MaxBytes });

    public void Remember(string name, IReadOnlyList<ReadOnlyMemory<byte>> lines, long bytes)
    {
        if (bytes <= MaxBlobBytes)
        {
            _memory.Set(name, lines, new MemoryCacheEntryOptions { Size = bytes, SlidingExpiration = TimeSpan.FromMinutes(5) });
        }
    }

    /// <summary>The lines of a blob from its start, with their places; <see langword="null"/> where it must be read.</summary>
    public IEnumerable<BlobLine>? Find(string name) =>
        _memory.Get<IReadOnlyList<ReadOnlyMemory<byte>>>(name) is { } lines ? Place(lines) : null;

    public void Dispose() => _memory.Dispose();

    private static IEnumerable<BlobLine> Place(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        long end = 0;
        foreach (ReadOnlyMemory<byte> line in lines)
        {
            end += line.Length + 1;
            yield return new BlobLine(line, end);
        }
    }
}
