using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

public class BodyMemoryTests
{
    private static readonly long All = new HttpLimits().BodiesBytes;

    private readonly FakeTimeProvider _time = new();
    private readonly BodyMemory _memory;

    public BodyMemoryTests() => _memory = new BodyMemory(Options.Create(new HttpLimits()), _time);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_client_may_hold_half_and_leaves_the_rest_to_others()
    {
        using BodyLease first = await HoldAsync("ann", All / 2);
        using BodyLease another = await HoldAsync("bob", (All / 2) - 1);
        await RefusedAsync("ann", 1);
        using BodyLease rest = await HoldAsync("cleo", 1);
        Assert.Equal(All, _memory.Held);
        await RefusedAsync("dave", 1);
    }

    [Fact]
    public async Task What_waits_goes_on_once_bytes_are_given_back()
    {
        BodyLease first = await HoldAsync("ann", All / 2);
        Task<BodyLease> waiting = HoldAsync("ann", 1_000);
        _time.Advance(BodyMemory.MaxWait / 2);
        Assert.False(waiting.IsCompleted);
        first.Dispose();
        using BodyLease second = await waiting;
        Assert.Equal(1_000, _memory.Held);
    }

    [Fact]
    public async Task A_body_that_is_refused_keeps_what_it_held_until_it_ends()
    {
        BodyLease first = await HoldAsync("ann", (All / 2) - 10);
        BodyLease second = await HoldAsync("ann", 10);
        Task growing = second.GrowToAsync(11, Cancelled).AsTask();
        _time.Advance(BodyMemory.MaxWait);
        await Assert.ThrowsAsync<ApiException>(() => growing);
        Assert.Equal(All / 2, _memory.Held);
        second.Dispose();
        second.Dispose();
        first.Dispose();
        Assert.Equal(0, _memory.Held);
    }

    [Fact]
    public async Task A_request_that_is_aborted_waits_no_longer()
    {
        using BodyLease first = await HoldAsync("ann", All / 2);
        using var aborted = new CancellationTokenSource();
        Task waiting = _memory.Begin("ann").GrowToAsync(1, aborted.Token).AsTask();
        await aborted.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(All / 2, _memory.Held);
    }

    private async Task<BodyLease> HoldAsync(string client, long bytes)
    {
        BodyLease lease = _memory.Begin(client);
        await lease.GrowToAsync(bytes, Cancelled);
        return lease;
    }

    private async Task RefusedAsync(string client, long bytes)
    {
        Task<BodyLease> waiting = HoldAsync(client, bytes);
        _time.Advance(BodyMemory.MaxWait);
        ApiException refused = await Assert.ThrowsAsync<ApiException>(() => waiting);
        Assert.Equal((503, "UNAVAILABLE", 2), (refused.Error.HttpStatus, refused.Error.Code, refused.Error.RetryAfterSeconds));
    }
}
