namespace DurableSessions.Engine.Tests;

/// <summary>The clock of a process that can be suspended: its timers fire when it goes on.</summary>
/// <param name="time">The clock.</param>
/// <param name="isMachine">The whole machine is suspended: its timestamps stand still meanwhile.</param>
internal sealed class SuspendableTime(TimeProvider time, bool isMachine) : TimeProvider
{
    private readonly List<Action> _late = [];
    private bool _isSuspended;
    private long _since;
    private long _missed;

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    public override long GetTimestamp() => (isMachine && _isSuspended ? _since : time.GetTimestamp()) - _missed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(
        s =>
        {
            if (_isSuspended)
            {
                _late.Add(() => callback(s));
            }
            else
            {
                callback(s);
            }
        },
        state,
        dueTime,
        period);

    public void Suspend()
    {
        _isSuspended = true;
        _since = time.GetTimestamp();
    }

    public void GoOn()
    {
        _isSuspended = false;
        _missed += isMachine ? time.GetTimestamp() - _since : 0;
        foreach (Action late in _late)
        {
            late();
        }

        _late.Clear();
    }
}
