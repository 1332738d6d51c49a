namespace DurableSessions.Engine.Replay;

/// <summary>
/// Runs the continuations of one orchestrator, one after the other, on whichever thread its owner lends. A continuation
/// from anywhere else means that the orchestrator awaited something that history knows nothing of.
/// </summary>
internal sealed class RunPump(Action<string> violated) : SynchronizationContext
{
    public const string ForeignAwait =
        "The orchestrator awaited something that its context did not make (a delay, I/O, ConfigureAwait(false), another thread). " +
        "An orchestrator awaits only tasks of its context: everything else belongs into an activity.";

    private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = new();
    private int _thread;

    /// <summary>Whether the calling code is the orchestrator's, run by its owner.</summary>
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

    /// <summary>Runs <paramref name="action"/>, and everything that follows from it, until the orchestrator waits.</summary>
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
