using DurableSessions.Http.Errors;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Limits;

/// <summary>
/// Bounds the bytes of all bodies that the host holds at a time, over all connections: of requests, and of contexts and archives that
/// clients are about to take. A client, by its key or its address, may hold half of them.
/// </summary>
/// <remarks>
/// Bytes are taken as they come, not as a request announces them: a slow client holds what it has sent, and no more. Bodies that wait for
/// each other wait no longer than <see cref="MaxWait"/>; then one of them is refused, and what it held is free.
/// </remarks>
internal sealed class BodyMemory(IOptions<HttpLimits> limits, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly ClientTally _held = new();
    private TaskCompletionSource _released = NewSignal();

    /// <summary>How long a request waits for bytes before it is answered 503.</summary>
    public static TimeSpan MaxWait { get; } = TimeSpan.FromSeconds(5);

    /// <summary>The bytes that are held.</summary>
    public long Held
    {
        get
        {
            lock (_lock)
            {
                return _held.All;
            }
        }
    }

    /// <summary>Begins a body, which holds no bytes yet.</summary>
    /// <param name="client">The client that sends it; see <see cref="ClientName"/>.</param>
    public BodyLease Begin(string client) => new(this, client);

    /// <summary>Takes bytes, and waits where too many are held.</summary>
    /// <exception cref="ApiException">503: they were not free within <see cref="MaxWait"/>.</exception>
    internal async ValueTask TakeAsync(string client, long bytes, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        while (TryTake(client, bytes) is { } released)
        {
            TimeSpan left = MaxWait - time.GetElapsedTime(started);
            try
            {
                await released.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw new ApiException(ApiError.Unavailable("Too many bytes of requests are on their way to this host; try again."));
            }
        }
    }

    /// <summary>Gives bytes back.</summary>
    internal void Return(string client, long bytes)
    {
        TaskCompletionSource released;
        lock (_lock)
        {
            _held.Add(client, -bytes);
            released = _released;
            _released = NewSignal();
        }

        released.SetResult();
    }

    // Null where they were taken; else what ends when bytes are given back.
    private Task? TryTake(string client, long bytes)
    {
        lock (_lock)
        {
            if (_held.All + bytes > limits.Value.BodiesBytes || _held.Of(client) + bytes > limits.Value.BodiesBytes / 2)
            {
                return _released.Task;
            }

            _held.Add(client, bytes);
            return null;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
