using System.Diagnostics;
using System.Text.Json.Nodes;

namespace DurableSessions.Testing.Kills;

/// <summary>Waits until all commits have completed, and audits their sessions.</summary>
internal static class Verification
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until every accepted commit has completed. How long that took.</summary>
    public static async Task<TimeSpan> AwaitAllCompletedAsync(Client client, IEnumerable<Transcript> transcripts, TimeSpan atMost)
    {
        var clock = Stopwatch.StartNew();
        foreach ((Transcript transcript, string taskId) in transcripts.SelectMany(static t => t.Tasks, static (t, id) => (t, id)))
        {
            while (true)
            {
                JsonNode task = await client.GetAsync($"api/v1/tasks/{taskId}");
                string status = (string)task["status"]!;
                if (status == "completed")
                {
                    if (task["result"]!["archive_uri"] is null)
                    {
                        Assert.Equal("no_messages", (string?)task["result"]!["reason"]);
                        transcript.FoundNothing(taskId);
                    }

                    break;
                }

                Assert.True(status is "pending" or "running", $"Task {taskId} is {status}: {task.ToJsonString()}");
                Assert.True(
                    clock.Elapsed < atMost, $"Task {taskId} has not completed within {atMost.TotalSeconds:0} s: {task.ToJsonString()}");
                await Task.Delay(s_interval);
            }
        }

        return clock.Elapsed;
    }

    /// <summary>Audits every session. How many messages and archives there are.</summary>
    public static async Task<(int Messages, int Archives)> AuditAllAsync(Client client, IEnumerable<Transcript> transcripts)
    {
        int messages = 0;
        int archives = 0;
        foreach (Transcript transcript in transcripts)
        {
            HttpAudit audit = await HttpAudit.OfAsync(client, transcript.Session);
            transcript.Check(audit);
            messages += audit.Everything.Count;
            archives += audit.Archives.Count;
        }

        return (messages, archives);
    }
}
