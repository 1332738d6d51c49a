using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace DurableSessions.Server.Clients;

/// <summary>Waits until a task is over. A server that can holds each request until something changes; another one is asked again.</summary>
internal static class TaskFollower
{
    private const int WaitSeconds = 20;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_maxPause = TimeSpan.FromSeconds(1);

    /// <summary>The task, once it is over; each change is shown: in place on a terminal, as lines elsewhere.</summary>
    /// <exception cref="ClientException">It is not over in time.</exception>
    public static Task<JsonElement> FollowAsync(ClientRun run, string id, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!run.IsLive)
        {
            return WaitAsync(run.Api, run.Time, id, timeout, (after, what) => run.Progress(Line(after, what)), cancellationToken);
        }

        return run.Console.Status().StartAsync("pending", status => WaitAsync(
            run.Api,
            run.Time,
            id,
            timeout,
            (after, what) =>
            {
                run.Console.WriteLine(Line(after, what));
                status.Status(what.EscapeMarkup());
            },
            cancellationToken));
    }

    /// <summary>The task, once it is over.</summary>
    /// <exception cref="ClientException">It is not over in time.</exception>
    public static async Task<JsonElement> WaitAsync(
        SessionApi api, TimeProvider time, string id, TimeSpan timeout, Action<TimeSpan, string> changed,
        CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        string last = "";
        TimeSpan pause = s_firstPause;
        while (true)
        {
            long asked = time.GetTimestamp();
            JsonElement task = await api.GetTaskAsync(id, last.Length == 0 ? 0 : WaitSeconds, cancellationToken);
            string status = Json.Text(task, "status");
            string stage = Json.Text(task, "stage");
            string now = stage.Length > 0 ? $"{status}, {stage}" : status;
            if (now != last)
            {
                changed(time.GetElapsedTime(start), Shown.Line(now));
                last = now;
                pause = s_firstPause;
            }

            if (status is "completed" or "failed" or "cancelled")
            {
                return task;
            }

            if (time.GetElapsedTime(start) > timeout)
            {
                throw new ClientException($"Task {id} is not over after {timeout.TotalSeconds:0} s: {now}. It goes on by itself.");
            }

            // An answer that came at once: this server holds no request.
            if (time.GetElapsedTime(asked) < s_maxPause)
            {
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < s_maxPause ? pause * 2 : s_maxPause;
            }
        }
    }

    private static string Line(TimeSpan after, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{after.TotalSeconds,7:0.0} s  {what}");
}
