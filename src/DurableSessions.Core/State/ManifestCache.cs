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
    /// <param name="key">The session.</param>
    /// <param name="seen">What was seen.</param>
    /// <param name="length">Its bytes in storage. In memory it takes about twice as many.</param>
    public StoredManifest Observe(SessionKey key, StoredManifest seen, long length)
    {
        lock (_lock)
        {
            StoredManifest? known = Find(key);
            bool older = known is not null
                && known.Manifest.Incarnation == seen.Manifest.Incarnation
                && known.Manifest.Generation >= seen.Manifest.Generation;
            if (!older)
            {
                memory.Set(Entry(key), seen, HostCache.Sized(2 * length));
            }
        }

        return seen;
    }

    public void Forget(SessionKey key) => memory.Remove(Entry(key));

    private static (string Kind, SessionKey Key) Entry(SessionKey key) => ("manifest", key);
}
