namespace DurableSessions.Orchestration;

/// <summary>
/// The orchestrators and activities that a host can run, by name. Keep a name as long as instances with it may run: their
/// histories contain it.
/// </summary>
public sealed class OrchestrationRegistry
{
    private readonly Dictionary<string, Func<ITaskOrchestrator>> _orchestrators = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<ITaskActivity>> _activities = new(StringComparer.Ordinal);

    /// <summary>The registered orchestrators.</summary>
    public IReadOnlyDictionary<string, Func<ITaskOrchestrator>> Orchestrators => _orchestrators;

    /// <summary>The registered activities.</summary>
    public IReadOnlyDictionary<string, Func<ITaskActivity>> Activities => _activities;

    /// <summary>Registers an orchestrator; <paramref name="create"/> is called for every run and replay.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public OrchestrationRegistry AddOrchestrator(string name, Func<ITaskOrchestrator> create)
    {
        _orchestrators.Add(name, create);
        return this;
    }

    /// <summary>Registers an activity; <paramref name="create"/> is called for every execution.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public OrchestrationRegistry AddActivity(string name, Func<ITaskActivity> create)
    {
        _activities.Add(name, create);
        return this;
    }
}
