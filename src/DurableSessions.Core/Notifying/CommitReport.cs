using System.Buffers;
using System.Globalization;
using System.Text.Json;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Core.Notifying;

/// <summary>
/// The body of a webhook: the type of the event, when the commit ended, and the task with whose it is. It has no message and no digest.
/// </summary>
internal static class CommitReport
{
    /// <summary>The report of a commit that is over.</summary>
    public static byte[] Write(CommitTask task)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", $"session_commit.{Outcome(task)}");
            json.WriteString("timestamp", Text(task.UpdatedAt));
            json.WriteStartObject("data");
            json.WriteString("task_id", task.TaskId);
            json.WriteString("task_type", "session_commit");
            json.WriteString("status", task.Status.ToString().ToLowerInvariant());
            json.WriteString("account_id", task.Session.Account);
            json.WriteString("user_id", task.Session.User);
            json.WriteString("session_id", task.Session.Id);
            json.WriteNumber("attempt", task.Attempt);
            json.WriteString("created_at", Text(task.CreatedAt));
            json.WriteString("updated_at", Text(task.UpdatedAt));
            if (task.ArchiveNumber is { } number)
            {
                json.WriteString("archive_id", string.Create(CultureInfo.InvariantCulture, $"archive_{number:000}"));
            }
            else
            {
                json.WriteNull("archive_id");
            }

            json.WriteBoolean("degraded", task.Output is { State: ArchiveState.Degraded });
            json.WriteString("reason", task.Output?.Reason);
            json.WriteString("error", task.Error);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string Outcome(CommitTask task) =>
        task.Output is { Fate: CommitFate.Skipped } ? "skipped" : task.Status.ToString().ToLowerInvariant();

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
