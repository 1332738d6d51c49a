namespace DurableSessions.Engine.Running;

/// <summary>One of the calls that a <see cref="FairGate"/> lets run at a time. Given back once the call is over, or not made.</summary>
internal sealed class Slot(FairGate gate)
{
    private int _isOver;

    /// <summary>Gives the slot to who waits next. Later calls do nothing.</summary>
    public void GiveBack()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            gate.Leave();
        }
    }
}
