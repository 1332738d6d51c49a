using DurableSessions.Orchestration;
using Grpc.Core;

namespace DurableSessions.DurableTask;

/// <summary>Calls of the scheduler, or of the Functions host that stands before a task hub.</summary>
/// <param name="time">By which they end.</param>
internal sealed class SchedulerCalls(TimeProvider time)
{
    /// <summary>The most that one may take: each is answered from the task hub's storage, and none waits for an instance.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <exception cref="OrchestrationUnavailableException">
    /// The scheduler does not answer, not within 30 s, or accepts no more for now. What it was to change may be changed all the same.
    /// </exception>
    /// <exception cref="OrchestrationRefusedException">It refuses the call, as for a wrong credential.</exception>
    /// <exception cref="RpcException">It has no such call.</exception>
    /// <exception cref="OperationCanceledException">The call was given up: not every call of the client says so by itself.</exception>
    public async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await call(either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            throw cancellationToken.IsCancellationRequested
                ? new OperationCanceledException("The call to the scheduler was given up.", e)
                : new OrchestrationUnavailableException("The scheduler did not answer in time; try again.", e);
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.Unimplemented)
        {
            throw IsPassing(e)
                ? new OrchestrationUnavailableException("The scheduler does not answer; try again.", e)
                : new OrchestrationRefusedException($"The scheduler refuses the call ({e.StatusCode}): {e.Status.Detail}", e);
        }
    }

    /// <inheritdoc cref="CallAsync{T}"/>
    public Task CallAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        CallAsync(async token => { await call(token); return true; }, cancellationToken);

    // What a host answers whose task hub's storage is away is unknown or internal. Another status, as of a wrong credential or an invalid
    // request, does not pass by itself.
    private static bool IsPassing(RpcException e) =>
        e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted
            or StatusCode.Unknown or StatusCode.Internal
        || e.Status.DebugException is HttpRequestException or IOException;
}
