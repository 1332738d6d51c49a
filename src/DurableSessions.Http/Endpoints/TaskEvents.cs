using System.Buffers;
using System.Text;
using DurableSessions.Http.Envelope;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Endpoints;

/// <summary>
/// A task as server-sent events: one for each change of its status, stage or attempt. The response ends with the task, or after the longest
/// wait; a client then connects again, with the id of the last event.
/// </summary>
internal static class TaskEvents
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(RequestLimits.MaxWaitSeconds);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    /// <summary>Sends events until the task is over.</summary>
    /// <param name="http">The request.</param>
    /// <param name="task">The task as it is now.</param>
    /// <param name="knownState">The state that the client has; <see langword="null"/>: none.</param>
    /// <param name="time">The clock.</param>
    public static Task SendAsync(HttpContext http, TaskView task, string? knownState, TimeProvider time) =>
        EventStream.RunAsync(http, time, s_longest, s_retry, async stream =>
        {
            TaskView now = task;
            if (now.State != knownState)
            {
                await stream.SendAsync(Event(now));
            }

            while (!now.IsOver)
            {
                TaskView seen = now;
                now = await stream.NextAsync(ended => seen.WaitForChangeAsync(changed => changed.State != seen.State, ended));
                await stream.SendAsync(Event(now));
            }
        });

    private static ReadOnlyMemory<byte> Event(TaskView task)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Encoding.UTF8.GetBytes($"id: {task.Id}\nevent: {(task.IsOver ? task.Status : "stage")}\ndata: ", buffer);
        buffer.Write(task.Json.Span);
        buffer.Write("\n\n"u8);
        return buffer.WrittenMemory;
    }
}
