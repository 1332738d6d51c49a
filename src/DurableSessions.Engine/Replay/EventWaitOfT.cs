using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Replay;

/// <inheritdoc/>
/// <typeparam name="T">What the payload is read as.</typeparam>
internal sealed class EventWait<T>(string name, CancellationToken token) : EventWait(name, token)
{
    private readonly TaskCompletionSource<T> _source = new();

    public Task<T> Task => _source.Task;

    public override void Cancel() => _source.SetCanceled(Token);

    // An event whose payload is no T fails the wait, and so the orchestrator, unless it catches the exception.
    public override void Complete(string? payload)
    {
        T value;
        try
        {
            value = Payloads.Read<T>(payload)!;
        }
        catch (Exception e)
        {
            _source.SetException(e);
            return;
        }

        _source.SetResult(value);
    }
}
