namespace DurableSessions.Engine.Replay;

/// <summary>A wait of an orchestrator for an external event.</summary>
/// <param name="name">Of the event; upper and lower case are not distinguished.</param>
/// <param name="token">By which the orchestrator cancels it.</param>
internal abstract class EventWait(string name, CancellationToken token)
{
    public string Name { get; } = name;

    public CancellationToken Token { get; } = token;

    /// <summary>Ends the wait with the payload of an event, as JSON.</summary>
    public abstract void Complete(string? payload);

    /// <summary>Ends the wait as cancelled.</summary>
    public abstract void Cancel();
}
