namespace DurableSessions.Orchestration;

/// <summary>Thrown where a named instance exists and this host cannot read it: it is damaged, or a newer version has written it.</summary>
/// <param name="instanceId">The id of the request.</param>
/// <param name="message">What is wrong with it.</param>
/// <param name="innerException">Why it could not be read.</param>
public class OrchestrationUnreadableException(string instanceId, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The id of the request.</summary>
    public string InstanceId { get; } = instanceId;
}
