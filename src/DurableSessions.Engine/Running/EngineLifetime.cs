namespace DurableSessions.Engine.Running;

/// <summary>The two signals by which a host ends: first it stops, then it is gone.</summary>
internal sealed class EngineLifetime
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _gone = new();

    public EngineLifetime()
    {
        Stopping = _stopping.Token;
        Gone = _gone.Token;
    }

    /// <summary>Signalled at a clean stop: the host gives back the instances it runs, and claims no more.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Signalled when the host is gone: it sends no further storage request.</summary>
    public CancellationToken Gone { get; }

    /// <summary>Signals <see cref="Stopping"/>.</summary>
    public Task StopAsync() => _stopping.CancelAsync();

    /// <summary>Signals <see cref="Gone"/>.</summary>
    public Task LeaveAsync() => _gone.CancelAsync();
}
