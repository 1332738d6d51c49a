namespace DurableSessions.Testing;

/// <summary>
/// What simulated storage had at a moment of a run, where others begin. It never changes: see <see cref="SimulatedCluster.Keep"/>.
/// </summary>
public sealed class SimulatedState
{
    internal SimulatedState(SimulatedStorage storage, DateTimeOffset at)
    {
        Storage = storage;
        At = at;
    }

    /// <summary>What is copied by each run that begins with it.</summary>
    internal SimulatedStorage Storage { get; }

    /// <summary>When it was.</summary>
    internal DateTimeOffset At { get; }
}
