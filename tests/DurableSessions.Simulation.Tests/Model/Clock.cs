namespace DurableSessions.Simulation.Tests.Model;

/// <summary>Orders the requests and answers of the clients of one program.</summary>
internal sealed class Clock
{
    private long _now;

    public long Next() => Interlocked.Increment(ref _now);
}
