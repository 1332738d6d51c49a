namespace DurableSessions.Testing;

/// <summary>
/// The request lies on the way until the test releases it: before the client has given up, who then gets the answer, or after,
/// when storage carries out a request that no client waits for. Holds one request; use one object for each.
/// </summary>
public sealed class HoldsRequest : Fault
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<Delivery> _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _decided;
    private volatile bool _isForgotten;

    /// <summary>Completes when a request is held; fails where none has come within 30 s.</summary>
    public Task Arrived => _arrived.Task.IsCompleted ? _arrived.Task : _arrived.Task.WaitAsync(s_timeout);

    /// <summary>Lets the request go on to storage. The status that storage answered with.</summary>
    public async Task<int> ReleaseAsync()
    {
        if (!_arrived.Task.IsCompleted)
        {
            throw new InvalidOperationException("No request is held yet: await Arrived first.");
        }

        if (Interlocked.Exchange(ref _decided, 1) == 0)
        {
            _released.SetResult();
            return await _answered.Task;
        }

        return await (await _arrived.Task).SendCopyAsync();
    }

    /// <summary>A request that comes from now on is not held: what was to be held has ended without it.</summary>
    public void Forget() => _isForgotten = true;

    /// <summary>The request never arrives; the client, who still waits, sees a broken connection.</summary>
    public void Break()
    {
        Interlocked.Exchange(ref _decided, 1);
        _released.TrySetException(BrokenConnection());
    }

    public override string ToString() => "held";

    internal override async Task ApplyAsync(Delivery delivery)
    {
        if (_isForgotten)
        {
            await delivery.SendAsync();
            return;
        }

        if (!_arrived.TrySetResult(delivery))
        {
            throw new InvalidOperationException("One HoldsRequest holds one request; the rule that uses it matched a second one.");
        }

        try
        {
            await _released.Task.WaitAsync(delivery.Message.CancellationToken);
        }
        catch (OperationCanceledException) when (Interlocked.Exchange(ref _decided, 1) == 0)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            // Released at the very moment when the client gave up.
        }

        try
        {
            await delivery.SendAsync();
            _answered.TrySetResult(delivery.Message.Response.Status);
        }
        catch (Exception e)
        {
            _answered.TrySetException(e);
            throw;
        }
    }
}
