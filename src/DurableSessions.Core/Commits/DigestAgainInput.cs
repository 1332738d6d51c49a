using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Commits;

/// <summary>The session whose degraded archives are digested again.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
internal sealed record DigestAgainInput(SessionKey Session, string Incarnation)
{
    /// <summary>Whether an archive that the model refuses, or makes nothing usable of, stays degraded, for the next one's sake.</summary>
    public bool PassesOver { get; init; }

    /// <summary>One instance for a session: what is started while it runs is that one.</summary>
    public string InstanceId => $"again-{Incarnation}";
}
