using Azure;

namespace DurableSessions.Engine.Hosts;

/// <summary>
/// The clock of storage, as far as its answers tell: what one host writes as a time means the same to each other host, however wrong the
/// clocks of their machines are. It decides when a host tries, and never whether that is safe.
/// </summary>
/// <remarks>
/// Each answer bounds how far the clocks are apart: storage wrote its <c>Date</c>, in whole seconds, after the request was sent and before
/// the answer came (F. Cristian, "Probabilistic clock synchronization", 1989). Within these bounds nothing is corrected, so a host whose
/// clock is right keeps its own; an answer that took long says little. The clock may be set back by a correction, as that of a machine may.
/// </remarks>
/// <param name="host">The clock of this host; timers and timestamps are its own.</param>
internal sealed class StorageClock(TimeProvider host) : TimeProvider
{
    private static readonly TimeSpan s_dateUnit = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _aheadTicks;

    /// <summary>By how much storage's clock is ahead of this host's.</summary>
    public TimeSpan Ahead => TimeSpan.FromTicks(Interlocked.Read(ref _aheadTicks));

    /// <summary>Whether an answer has said what storage's clock is.</summary>
    public bool IsSet { get; private set; }

    public override long TimestampFrequency => host.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => host.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => host.GetUtcNow() + Ahead;

    public override long GetTimestamp() => host.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        host.CreateTimer(callback, state, dueTime, period);

    /// <summary>Sends a request, and takes what its answer says, also one that is an error.</summary>
    public async Task<T> AskAsync<T>(Func<Task<Response<T>>> send)
    {
        long sending = GetTimestamp();
        try
        {
            Response<T> answer = await send();
            Observe(answer.GetRawResponse(), sending);
            return answer.Value;
        }
        catch (RequestFailedException e)
        {
            Observe(e.GetRawResponse(), sending);
            throw;
        }
    }

    /// <summary>Takes what an answer says.</summary>
    /// <param name="answer">The answer; one without a <c>Date</c> says nothing.</param>
    /// <param name="sending">When its request, or the first attempt at it, was sent: a timestamp of this clock.</param>
    public void Observe(Response? answer, long sending)
    {
        if (answer?.Headers.Date is not { } date)
        {
            return;
        }

        lock (_gate)
        {
            DateTimeOffset received = host.GetUtcNow();
            TimeSpan least = date - received;
            TimeSpan most = date + s_dateUnit - (received - host.GetElapsedTime(sending));
            long ahead = Math.Clamp(_aheadTicks, least.Ticks, most.Ticks);
            Interlocked.Exchange(ref _aheadTicks, ahead);
            IsSet = true;
        }
    }
}
