using DurableSessions.Core.Sessions;

namespace DurableSessions.Core.Deletion;

/// <summary>The names that stand in histories; never changed.</summary>
public static class DeleteNames
{
    /// <summary>The orchestrator that deletes a session.</summary>
    public const string Orchestrator = "delete-session";

    /// <summary>Its first step.</summary>
    public const string SetTombstone = "set-tombstone";

    /// <summary>Deletes what the session owned.</summary>
    public const string DeleteBlobs = "delete-session-blobs";

    /// <summary>Its last step.</summary>
    public const string RemoveTombstone = "remove-tombstone";
}

/// <summary>Which session to delete.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
public sealed record DeleteInput(SessionKey Session, string Incarnation)
{
    /// <summary>How long the tombstone stays.</summary>
    public TimeSpan TombstoneRetention { get; init; } = TimeSpan.FromHours(24);

    internal string InstanceId => $"delete-{Incarnation}";
}
