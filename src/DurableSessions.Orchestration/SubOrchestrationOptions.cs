namespace DurableSessions.Orchestration;

/// <summary>Options of one call of a sub-orchestration.</summary>
/// <param name="InstanceId">
/// The id of its instance, as in <see cref="StartOrchestrationOptions.InstanceId"/>; every attempt has it. <see langword="null"/>: the
/// engine creates an id, for each attempt another one.
/// </param>
/// <param name="Retry">The retry policy; <see langword="null"/>: no retries.</param>
public sealed record SubOrchestrationOptions(string? InstanceId = null, RetryPolicy? Retry = null)
{
    /// <summary>The id of its instance; <see langword="null"/>: the engine creates an id, for each attempt another one.</summary>
    /// <exception cref="ArgumentException">It is no id of an instance.</exception>
    public string? InstanceId { get; init => field = Checked(value); } = Checked(InstanceId);

    private static string? Checked(string? id)
    {
        if (id is not null)
        {
            OrchestrationInstanceIds.ThrowIfInvalid(id, nameof(InstanceId));
        }

        return id;
    }
}
