namespace DurableSessions.Testing;

/// <summary>Storage carries the request out; the client waits for an answer, and sees a broken connection only then.</summary>
/// <param name="after">How long it waits.</param>
/// <param name="time">By which clock.</param>
public sealed class LosesAnswer(TimeSpan after, TimeProvider time) : Fault
{
    public override string ToString() => $"answer dropped after {after.TotalMilliseconds} ms";

    internal override async Task ApplyAsync(Delivery delivery)
    {
        await delivery.SendCopyAsync();
        await Task.Delay(after, time, delivery.Message.CancellationToken);
        throw BrokenConnection();
    }
}
