using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Deletion;

/// <summary>Which session to delete.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
public sealed record DeleteInput(SessionKey Session, string Incarnation)
{
    /// <summary>How long the tombstone stays.</summary>
    public TimeSpan TombstoneRetention { get; init; } = TimeSpan.FromHours(24);

    internal string InstanceId => $"delete-{Incarnation}";
}
