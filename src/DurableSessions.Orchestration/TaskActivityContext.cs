namespace DurableSessions.Orchestration;

/// <summary>What an activity knows of the call it serves.</summary>
/// <param name="Name">The name the activity is registered under.</param>
/// <param name="InstanceId">The instance that called it.</param>
/// <param name="CancellationToken">
/// Signalled when the host stops, or has lost the instance. Stopping early is a courtesy: the call is made again.
/// </param>
public sealed record TaskActivityContext(string Name, string InstanceId, CancellationToken CancellationToken);
