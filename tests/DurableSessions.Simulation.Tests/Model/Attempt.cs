namespace DurableSessions.Simulation.Tests.Model;

/// <summary>One request of a client, in the time that all clients of a program share.</summary>
/// <param name="start">Before it was sent.</param>
internal sealed class Attempt(long start)
{
    public long Start { get; } = start;

    /// <summary>When its client got the answer; <see cref="long.MaxValue"/> without one: it may be done or not, at any time.</summary>
    public long End { get; private set; } = long.MaxValue;

    public bool IsAcknowledged => End != long.MaxValue;

    public void Acknowledge(long now) => End = now;
}
