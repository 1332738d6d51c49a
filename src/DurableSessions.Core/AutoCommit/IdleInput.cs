using DurableSessions.Core.Identities;

namespace DurableSessions.Core.AutoCommit;

/// <summary>Which session to watch.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
/// <param name="DecidedCount">The state of the session in which the watch began: there is one watch for each.</param>
public sealed record IdleInput(SessionKey Session, string Incarnation, int DecidedCount)
{
    /// <summary>Counts the instances that follow each other in one watch, where hosts of earlier versions ran it.</summary>
    public int Part { get; init; }

    internal string InstanceId => $"idle-{Incarnation}-{DecidedCount}-{Part}";
}
