using DurableSessions.Core.Errors;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Core.Tests.Storage;

public class RequestQueueTests
{
    private const int Most = 4;

    private readonly FakeTimeProvider _time = new();
    private readonly List<long> _sent = [];
    private readonly RequestQueue _queue;

    public RequestQueueTests() => _queue = new RequestQueue(Most, _time);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Where_there_is_room_a_request_goes_at_once()
    {
        Fill();
        Assert.Equal(Most, _queue.State.InFlight);
        Assert.Equal(TimeSpan.Zero, _queue.Expected);
    }

    [Fact]
    public async Task Work_under_way_goes_before_all_work_that_has_not_begun()
    {
        Fill();
        Task<long>[] clients = [.. Enumerable.Range(0, 2_000).Select(_ => NewAsync())];
        Task<long> renewal = UnderWayAsync();
        Leave();
        _sent.Add(await renewal.WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
        Assert.Equal((0, 2_000), (_queue.State.UnderWay, _queue.State.New));
        Assert.DoesNotContain(clients, static client => client.IsCompleted);
    }

    [Fact]
    public async Task A_renewal_goes_before_a_long_line_of_work_under_way_and_before_clients_whose_turn_it_is()
    {
        Fill();
        Task<long>[] line = [.. Enumerable.Range(0, 2_000).Select(_ => UnderWayAsync())];
        Task<long> client = NewAsync();
        for (int i = 0; i < RequestQueue.UnderWayInTurn; i++)
        {
            Leave();
            _sent.Add(await line[i].WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
        }

        Task<long> renewal = _queue.EnterAsync(true, Cancelled).AsTask();
        Leave();
        _sent.Add(await renewal.WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
        Assert.Equal((0, line.Length - RequestQueue.UnderWayInTurn, 1), (_queue.State.Renewals, _queue.State.UnderWay, _queue.State.New));
        Leave();
        await client.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
    }

    [Fact]
    public async Task A_storage_that_throttles_is_sent_nothing_before_its_time_though_there_is_room_and_then_a_renewal_first()
    {
        _queue.Leave(Enter(_queue), RequestEnd.Throttled);
        Task<long>[] line = [.. Enumerable.Range(0, 2_000).Select(_ => UnderWayAsync())];
        Task<long> renewal = _queue.EnterAsync(true, Cancelled).AsTask();
        Assert.Equal((0, 1, line.Length), (_queue.State.InFlight, _queue.State.Renewals, _queue.State.UnderWay));
        _time.Advance(TimeSpan.FromMilliseconds(2));
        await renewal.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.InRange(_queue.State.UnderWay, line.Length - 2, line.Length);
    }

    [Fact]
    public async Task Only_new_work_that_waits_has_a_timer()
    {
        var time = new CountedTimers();
        var queue = new RequestQueue(Most, time);
        NewWork.Enter();
        long[] sent = [.. Enumerable.Range(0, Most).Select(_ => Enter(queue))];
        Task<long> underWay = queue.EnterAsync(false, Cancelled).AsTask();
        Assert.Equal(0, time.Count);
        NewWork.Enter();
        Task<long> client = queue.EnterAsync(false, Cancelled).AsTask();
        Assert.Equal(1, time.Count);
        queue.Leave(sent[0], RequestEnd.Answered);
        queue.Leave(sent[1], RequestEnd.Answered);
        await Task.WhenAll(underWay, client).WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
    }

    [Fact]
    public async Task No_backlog_of_work_under_way_holds_clients_up_for_good()
    {
        Fill();
        Task<long>[] backlog = [.. Enumerable.Range(0, 2 * RequestQueue.UnderWayInTurn).Select(_ => UnderWayAsync())];
        Task<long> client = NewAsync();
        for (int i = 0; i < RequestQueue.UnderWayInTurn; i++)
        {
            Assert.Equal(1, _queue.State.New);
            Leave();
            _sent.Add(await backlog[i].WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
        }

        Leave();
        await client.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.Equal((RequestQueue.UnderWayInTurn, 0), (_queue.State.UnderWay, _queue.State.New));
    }

    [Fact]
    public async Task What_has_begun_is_work_under_way_in_all_that_it_starts()
    {
        NewWork.Enter();
        await _queue.EnterAsync(false, Cancelled);
        await Task.Run(async () => _sent.Add(await _queue.EnterAsync(false, Cancelled)), Cancelled);
        Fill();
        Task<long> further = _queue.EnterAsync(false, Cancelled).AsTask();
        Assert.Equal((1, 0), (_queue.State.UnderWay, _queue.State.New));
        Leave();
        await further.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
    }

    [Fact]
    public async Task New_work_that_has_waited_for_too_long_is_refused_and_work_under_way_is_not()
    {
        Fill();
        Task<long> client = NewAsync();
        Task<long> commit = UnderWayAsync();
        _time.Advance(RequestQueue.LongestWait - TimeSpan.FromTicks(1));
        Assert.False(client.IsCompleted);

        // Storage hangs: none has left.
        _time.Advance(TimeSpan.FromTicks(1));
        await Assert.ThrowsAsync<StorageBusyException>(() => client.WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
        Assert.Equal((Most, 1, 0), (_queue.State.InFlight, _queue.State.UnderWay, _queue.State.New));
        Leave();
        await commit.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.Equal((Most, 0, 0), (_queue.State.InFlight, _queue.State.UnderWay, _queue.State.New));
    }

    [Fact]
    public async Task A_second_request_of_work_that_has_begun_meanwhile_is_not_refused()
    {
        Fill();
        NewWork.Enter();
        Task<long>[] both = [_queue.EnterAsync(false, Cancelled).AsTask(), _queue.EnterAsync(false, Cancelled).AsTask()];
        Leave();
        _sent.Add(await both[0].WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
        _time.Advance(RequestQueue.LongestWait);
        Leave();
        await both[1].WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
    }

    [Fact]
    public async Task Who_gives_up_leaves_the_line()
    {
        Fill();
        using var gone = new CancellationTokenSource();
        Task<long> waiting = _queue.EnterAsync(false, gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal((Most, 0), (_queue.State.InFlight, _queue.State.UnderWay));
        Leave();
        Assert.Equal(Most - 1, _queue.State.InFlight);
    }

    [Fact]
    public async Task The_wait_is_told_from_what_waits_and_how_fast_it_goes()
    {
        Fill();
        Task<long>[] clients = [.. Enumerable.Range(0, 100).Select(_ => NewAsync())];
        for (int i = 0; i < 40; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(25));
            Leave();
            _sent.Add(await clients[i].WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
        }

        // 60 wait, and 40 a second have gone.
        Assert.InRange(_queue.Expected, TimeSpan.FromSeconds(1.4), TimeSpan.FromSeconds(1.6));
    }

    [Fact]
    public async Task While_nothing_goes_the_wait_grows_with_the_time()
    {
        Fill();
        Task<long> client = NewAsync();
        _time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal(TimeSpan.FromSeconds(1.5), _queue.Expected);
        Leave();
        await client.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
    }

    [Fact]
    public void The_window_is_halved_once_for_all_that_were_in_flight_together_and_grows_again()
    {
        var queue = new RequestQueue(StorageLoad.MaxRequests, _time);
        Assert.Equal(64, Grow(queue, 64));
        long[] together = [.. Enumerable.Range(0, 64).Select(_ => Enter(queue))];
        Array.ForEach(together, number => queue.Leave(number, RequestEnd.TimedOut));
        Assert.Equal(32, queue.State.Window);
        queue.Leave(Enter(queue), RequestEnd.TimedOut);
        Assert.Equal(16, queue.State.Window);
        queue.Leave(Enter(queue), RequestEnd.Unknown);
        Assert.Equal(16, queue.State.Window);

        // One more for each time that all were used.
        Grow(queue, 17);
        Assert.Equal(17, queue.State.Window);
        for (int i = 0; i < 10; i++)
        {
            queue.Leave(Enter(queue), RequestEnd.TimedOut);
        }

        Assert.Equal(InFlightWindow.Least, queue.State.Window);
    }

    [Fact]
    public void The_window_does_not_grow_while_it_is_not_used()
    {
        var queue = new RequestQueue(StorageLoad.MaxRequests, _time);
        int before = queue.State.Window;
        for (int i = 0; i < 1_000; i++)
        {
            queue.Leave(Enter(queue), RequestEnd.Answered);
        }

        Assert.Equal(before, queue.State.Window);
    }

    [Fact]
    public void A_storage_that_throttles_is_sent_less_than_it_took_then_as_much_then_more_and_in_the_end_all()
    {
        var rate = new SendRate(_time);
        for (int i = 0; i < 10_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(0.5));
            rate.Answered();
        }

        Assert.Equal(double.PositiveInfinity, rate.PerSecond);
        rate.Throttled();
        Assert.Equal(1_400, rate.PerSecond, 20.0);
        Assert.True(rate.Take() > TimeSpan.Zero);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, rate.Take());
        _time.Advance(TimeSpan.FromSeconds(10.4));
        Assert.Equal(2_000, rate.PerSecond, 20.0);
        rate.Throttled();
        Assert.Equal(1_400, rate.PerSecond, 20.0);
        _time.Advance(TimeSpan.FromSeconds(25));
        Assert.InRange(rate.PerSecond, 2_500, 4_000);
        _time.Advance(SendRate.Forgets);
        Assert.Equal(double.PositiveInfinity, rate.PerSecond);
        Assert.Equal(TimeSpan.Zero, rate.Take());
    }

    // As many as there may be in flight, time after time.
    private static int Grow(RequestQueue queue, int until)
    {
        while (queue.State.Window < until)
        {
            long[] all = [.. Enumerable.Range(0, queue.State.Window).Select(_ => Enter(queue))];
            foreach (long number in all)
            {
                queue.Leave(number, RequestEnd.Answered);
                if (queue.State.Window < until)
                {
                    continue;
                }

                foreach (long rest in all.Where(other => other > number))
                {
                    queue.Leave(rest, RequestEnd.Unknown);
                }

                return queue.State.Window;
            }
        }

        return queue.State.Window;
    }

    private static long Enter(RequestQueue queue)
    {
        Task<long> entered = queue.EnterAsync(false, Cancelled).AsTask();
        Assert.True(entered.IsCompletedSuccessfully);
        return entered.Result;
    }

    private void Fill()
    {
        while (_queue.State.InFlight < Most)
        {
            _sent.Add(Enter(_queue));
        }
    }

    private void Leave()
    {
        _queue.Leave(_sent[0], RequestEnd.Answered);
        _sent.RemoveAt(0);
    }

    private async Task<long> NewAsync()
    {
        NewWork.Enter();
        return await _queue.EnterAsync(false, Cancelled);
    }

    private async Task<long> UnderWayAsync() => await _queue.EnterAsync(false, Cancelled);

    private sealed class CountedTimers : FakeTimeProvider
    {
        public int Count { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Count++;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
