namespace DurableSessions.Engine.Replay;

/// <summary>
/// The single-threaded synchronization context of one orchestrator: runs its continuations one after the other, on the
/// thread that calls <see cref="Run"/>. A continuation that another thread posts means that the orchestrator awaited
/// something that is not in its history.
/// </summary>
internal sealed class OrchestratorSynchronizationContext(Action<string> violated) : SynchronizationContext
{
    public const string ForeignAwait =
        "The orchestrator awaited something that its context did not make (a delay, I/O, ConfigureAwait(false), another thread). " +
        "An orchestrator awaits only tasks of its context: everything else belongs into an activity.";

    private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = new();
    private int _thread;

    /// <summary>Whether the calling thread is in <see cref="Run"/>.</summary>
    public bool IsCurrent => _thread == Environment.CurrentManagedThreadId;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsCurrent)
        {
            _queue.Enqueue((d, state));
        }
        else
        {
            violated(ForeignAwait);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException(ForeignAwait);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs <paramref name="action"/>, and the continuations that follow from it, until the orchestrator waits.</summary>
    public void Run(Action action)
    {
        SynchronizationContext? previous = Current;
        SetSynchronizationContext(this);
        _thread = Environment.CurrentManagedThreadId;
        try
        {
            action();
            while (_queue.TryDequeue(out (SendOrPostCallback Callback, object? State) next))
            {
                next.Callback(next.State);
            }
        }
        finally
        {
            _thread = 0;
            SetSynchronizationContext(previous);
        }
    }
}
