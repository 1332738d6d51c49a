using DurableSessions.Core.Identities;
using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.State;

/// <summary>
/// The manifests this host saw last. A cache that storage can always overrule: it saves reads, and safety never rests on it.
/// </summary>
internal sealed class ManifestCache(HostCache memory)
{
    private readonly Lock _lock = new();

    public StoredManifest? Find(SessionKey key) => memory.Get<StoredManifest>(Entry(key));

    /// <summary>Keeps the newer of two manifests of the same incarnation, and what was seen last of two incarnations.</summary>
    public StoredManifest Observe(SessionKey key, StoredManifest seen)
    {
        lock (_lock)
        {
            StoredManifest? known = Find(key);
            bool older = known is not null
                && known.Manifest.Incarnation == seen.Manifest.Incarnation
                && known.Manifest.Generation >= seen.Manifest.Generation;
            if (!older)
            {
                memory.Set(Entry(key), seen, new MemoryCacheEntryOptions { Size = 1 });
            }
        }

        return seen;
    }

    public void Forget(SessionKey key) => memory.Remove(Entry(key));

    private static (string Kind, SessionKey Key) Entry(SessionKey key) => ("manifest", key);
}
