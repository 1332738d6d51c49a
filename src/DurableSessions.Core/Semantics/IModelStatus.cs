namespace DurableSessions.Core.Semantics;

/// <summary>Whether the model of this host answers, as far as its questions tell.</summary>
public interface IModelStatus
{
    /// <summary>
    /// Whether most questions have failed, and none has been answered since: only one is asked from time to time, when there is a digest to
    /// make. A host is ready all the same: its commits go on as <c>Semantics:WhenAway</c> says.
    /// </summary>
    bool IsAway { get; }
}
