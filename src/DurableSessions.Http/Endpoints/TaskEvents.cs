using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DurableSessions.Http.Endpoints;

/// <summary>
/// A task as server-sent events: one for each change of its status, stage or attempt. The response ends with the task, or after the longest
/// wait; a client then connects again, with the id of the last event.
/// </summary>
internal static class TaskEvents
{
    /// <summary>The content type of the response.</summary>
    public const string ContentType = "text/event-stream";

    /// <summary>Between two comments, so that no proxy takes the connection for a dead one.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(RequestLimits.MaxWaitSeconds);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Sends events until the task is over. Each is sent when the client has taken the one before: none is held in memory.
    /// </summary>
    /// <param name="http">The request.</param>
    /// <param name="task">The task as it is now.</param>
    /// <param name="knownState">The state that the client has; <see langword="null"/>: none.</param>
    /// <param name="time">The clock.</param>
    public static async Task SendAsync(HttpContext http, TaskView task, string? knownState, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(s_longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, http.RequestAborted);
        http.Response.ContentType = ContentType;
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        try
        {
            await SendAsync(http, string.Create(CultureInfo.InvariantCulture, $"retry: {s_retry.TotalMilliseconds}\n\n"));
            if (task.State != knownState)
            {
                await SendAsync(http, task);
            }

            while (!task.IsOver)
            {
                task = await NextAsync(http, task, time, either.Token);
                await SendAsync(http, task);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            // The client connects again.
        }
    }

    // The next state, and a comment whenever it takes longer.
    private static async Task<TaskView> NextAsync(HttpContext http, TaskView task, TimeProvider time, CancellationToken ended)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(ended);
        using var beats = new PeriodicTimer(Heartbeat, time);
        string state = task.State;
        Task<TaskView> next = task.WaitForChangeAsync(changed => changed.State != state, left.Token);
        try
        {
            Task<bool> beat = beats.WaitForNextTickAsync(left.Token).AsTask();
            while (await Task.WhenAny(next, beat) == beat)
            {
                await beat;
                await SendAsync(http, ":\n\n");
                beat = beats.WaitForNextTickAsync(left.Token).AsTask();
            }

            return await next;
        }
        finally
        {
            // Where a client has gone, the wait has to end before the request does.
            await left.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static Task SendAsync(HttpContext http, TaskView task)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Encoding.UTF8.GetBytes($"id: {task.Id}\nevent: {(task.IsOver ? task.Status : "stage")}\ndata: ", buffer);
        buffer.Write(task.Json.Span);
        buffer.Write("\n\n"u8);
        return SendAsync(http, buffer.WrittenMemory);
    }

    private static Task SendAsync(HttpContext http, string text) => SendAsync(http, Encoding.UTF8.GetBytes(text));

    private static async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> bytes)
    {
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
