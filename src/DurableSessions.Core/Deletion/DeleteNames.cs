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

    /// <summary>The custom status of an instance while only the time of its tombstone is waited for.</summary>
    public const string Retained = "retained";
}
