using DurableSessions.Core.Identities;

namespace DurableSessions.Core.State;

/// <summary>Learns of each manifest that this host has written.</summary>
internal interface IManifestObserver
{
    /// <summary>A manifest was written.</summary>
    /// <param name="key">The session.</param>
    /// <param name="before">What it has replaced; <see langword="null"/>: the session was created.</param>
    /// <param name="after">What storage has now.</param>
    void Written(SessionKey key, Manifest? before, Manifest after);
}
