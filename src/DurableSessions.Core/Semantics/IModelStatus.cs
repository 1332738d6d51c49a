namespace DurableSessions.Core.Semantics;

/// <summary>Whether the model of this host is asked, or is taken to be away.</summary>
public interface IModelStatus
{
    /// <summary>
    /// Whether questions fail without being asked, for most of those before have failed. A host is ready all the same: its commits go on as
    /// <c>Semantics:WhenAway</c> says.
    /// </summary>
    bool IsAway { get; }
}
