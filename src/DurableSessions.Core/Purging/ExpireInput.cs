using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Purging;

/// <summary>Which session is to be deleted, where it is unused still.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
/// <param name="Manifest">The ETag of the manifest that was found old: another one is younger.</param>
/// <param name="Before">Since when nothing was written in it, by storage's clock.</param>
public sealed record ExpireInput(SessionKey Session, string Incarnation, string Manifest, DateTimeOffset Before)
{
    internal string InstanceId => $"expire-{Incarnation}";
}
