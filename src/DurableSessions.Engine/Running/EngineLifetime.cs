namespace DurableSessions.Engine.Running;

/// <summary>The signals by which a host ends, in this order.</summary>
internal sealed class EngineLifetime
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _cancelling = new();
    private readonly CancellationTokenSource _gone = new();

    public EngineLifetime()
    {
        Stopping = _stopping.Token;
        Cancelling = _cancelling.Token;
        Gone = _gone.Token;
    }

    /// <summary>
    /// Signalled at a clean stop: the host claims no more, starts no further activity, and gives back the instances that have none which
    /// runs.
    /// </summary>
    public CancellationToken Stopping { get; }

    /// <summary>Signalled when activities have had their time: they are cancelled, and their instances given back.</summary>
    public CancellationToken Cancelling { get; }

    /// <summary>Signalled when the host is gone: it sends no further storage request.</summary>
    public CancellationToken Gone { get; }

    /// <summary>Signals <see cref="Stopping"/>.</summary>
    public Task StopAsync() => _stopping.CancelAsync();

    /// <summary>Signals <see cref="Cancelling"/>.</summary>
    public Task CancelActivitiesAsync() => _cancelling.CancelAsync();

    /// <summary>Signals <see cref="Gone"/>.</summary>
    public Task LeaveAsync() => _gone.CancelAsync();
}
