namespace DurableSessions.Core.Merging;

/// <summary>The names that stand in histories; never changed.</summary>
public static class MergeNames
{
    /// <summary>The orchestrator that merges the segments of a user's search index.</summary>
    public const string Orchestrator = "merge-segments";

    /// <summary>Its first activity: which segments are merged.</summary>
    public const string Plan = "plan-merges";

    /// <summary>Makes one segment of several.</summary>
    public const string Merge = "merge-index-segments";

    /// <summary>Deletes those of which one was made.</summary>
    public const string DeleteMerged = "delete-merged-segments";
}
