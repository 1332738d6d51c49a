using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace DurableSessions.Server.Clients;

/// <summary>Waits until a task is over. A server that can holds each request until something changes; another one is asked again.</summary>
internal static class TaskFollower
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(20);
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

    /// <summary>The task, once it is over. No request is held, and no pause lasts, for longer than is left of the time.</summary>
    /// <exception cref="ClientException">It is not over in time.</exception>
    public static async Task<JsonElement> WaitAsync(
        SessionApi api, TimeProvider time, string id, TimeSpan timeout, Action<TimeSpan, string> changed,
        CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        string last = "";
        TimeSpan pause = s_firstPause;
        TimeSpan left = timeout;
        while (true)
        {
            long asked = time.GetTimestamp();
            int wait = last.Length == 0 ? 0 : (int)Least(s_wait, left).TotalSeconds;
            JsonElement task = await api.GetTaskAsync(id, wait, cancellationToken);
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

            left = timeout - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                throw new ClientException($"Task {id} is not over after {timeout.TotalSeconds:0} s: {now}. It goes on by itself.");
            }

            // An answer that came at once: this server holds no request.
            if (time.GetElapsedTime(asked) < s_maxPause)
            {
                await Task.Delay(Least(pause, left), time, cancellationToken);
                pause = Least(pause * 2, s_maxPause);
                left = timeout - time.GetElapsedTime(start);
            }
        }
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Line(TimeSpan after, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{after.TotalSeconds,7:0.0} s  {what}");
}
