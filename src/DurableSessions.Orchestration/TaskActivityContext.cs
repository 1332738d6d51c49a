namespace DurableSessions.Orchestration;

/// <summary>The call that an activity serves.</summary>
/// <param name="Name">The name the activity is registered under.</param>
/// <param name="InstanceId">The instance that called it.</param>
/// <param name="CancellationToken">
/// Cancelled when the host stops, or has lost its claim on the instance. The activity may stop early: the call is made again.
/// </param>
public sealed record TaskActivityContext(string Name, string InstanceId, CancellationToken CancellationToken);
