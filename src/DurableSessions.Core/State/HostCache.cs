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
}
