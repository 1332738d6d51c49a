using DurableSessions.Orchestration;
using Grpc.Core;

namespace DurableSessions.DurableTask;

/// <summary>Calls of the scheduler, or of the Functions host that stands before a task hub.</summary>
internal static class SchedulerCalls
{
    /// <exception cref="OrchestrationUnavailableException">The scheduler does not answer, or accepts no more for now.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled it: some calls of the client say so in a status.</exception>
    public static async Task<T> OrUnavailableAsync<T>(this Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (RpcException e) when (IsPassing(e))
        {
            throw new OrchestrationUnavailableException("The scheduler does not answer; try again.", e);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && e.Status.DebugException is OperationCanceledException)
        {
            throw new OperationCanceledException(e.Message, e);
        }
    }

    /// <inheritdoc cref="OrUnavailableAsync{T}"/>
    public static async Task OrUnavailableAsync(this Task call) => await Wrap(call).OrUnavailableAsync();

    // Another status, as of a wrong credential or an invalid request, does not pass by itself.
    private static bool IsPassing(RpcException e) =>
        e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted
        || e.Status.DebugException is HttpRequestException or IOException;

    private static async Task<bool> Wrap(Task call)
    {
        await call;
        return true;
    }
}
