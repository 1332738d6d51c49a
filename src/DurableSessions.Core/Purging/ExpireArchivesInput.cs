using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Purging;

/// <summary>Of which session old archives are to be deleted.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
/// <param name="Before">Those that were switched before this.</param>
internal sealed record ExpireArchivesInput(SessionKey Session, string Incarnation, DateTimeOffset Before)
{
    internal static string InstanceIdOf(string incarnation) => $"expire-archives-{incarnation}";
}
