namespace DurableSessions.Simulation.Tests.Model;

/// <summary>Orders what clients of one program send and are told.</summary>
internal sealed class Clock
{
    private long _now;

    public long Next() => Interlocked.Increment(ref _now);
}
