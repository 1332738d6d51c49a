using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Endpoints;

/// <summary>A response that follows the end of a task.</summary>
internal static class TaskWait
{
    /// <summary>The task as it is when it is over; a task that takes longer goes on, and the response is 504.</summary>
    /// <param name="wait">Waits for its end.</param>
    /// <param name="taskId">Its id.</param>
    /// <param name="atMost">How long.</param>
    /// <param name="time">The clock.</param>
    /// <param name="aborted">The client has gone, or its key ends.</param>
    public static async Task<T> ForEndAsync<T>(
        Func<CancellationToken, Task<T>> wait, string taskId, TimeSpan atMost, TimeProvider time, CancellationToken aborted)
    {
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        try
        {
            return await wait(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new ApiException(ApiError.DeadlineExceeded($"Task {taskId} has not ended yet; it goes on.", "task", taskId));
        }
    }
}
