using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Core.Storage;
using DurableSessions.Server.Clients;
using DurableSessions.Server.Demo.Conversations;
using Spectre.Console;

namespace DurableSessions.Server.Demo;

/// <summary>The demo, step by step. Each step is written when it happens.</summary>
/// <param name="console">Where the steps are written.</param>
/// <param name="storage">The storage, which outlives every server.</param>
/// <param name="time">Measures and waits.</param>
internal sealed class DemoRun(IAnsiConsole console, string storage, TimeProvider time)
{
    private const int MaxBatch = 100;
    private const int MaxBatchLength = 4 * 1024 * 1024;

    /// <summary>A commit can be faster than the kill; then it is tried again in another session.</summary>
    private const int MaxRounds = 5;

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(25);

    private readonly DemoStorage _storage = new(SessionStorage.Connect(storage, "durable-sessions").Container);

    /// <exception cref="DemoException">Something did not happen, or a message is lost or doubled.</exception>
    public async Task RunAsync(IReadOnlyList<ConversationMessage> messages, CancellationToken cancellationToken)
    {
        for (int round = 1; round <= MaxRounds; round++)
        {
            string session = $"demo-{round}";
            (string taskId, string archiveId) = await CommitAndKillAsync(session, messages, cancellationToken);
            string? unfinished = await _storage.DescribeUnfinishedAsync(session, cancellationToken);
            if (unfinished is null)
            {
                Step("The commit had ended before the kill. Again, in another session.");
                continue;
            }

            Step($"No server runs, and [yellow]{unfinished}[/]");
            await RecoverAsync(session, messages, taskId, archiveId, cancellationToken);
            return;
        }

        throw new DemoException($"The commit was faster than the kill {MaxRounds} times.");
    }

    private async Task<(string TaskId, string ArchiveId)> CommitAndKillAsync(
        string session, IReadOnlyList<ConversationMessage> messages, CancellationToken cancellationToken)
    {
        await using DemoServer server = await DemoServer.StartAsync(storage, cancellationToken);
        using SessionApi api = Connect(server);
        Step($"A server runs: process {server.ProcessId} on {server.Address}");
        foreach (ConversationMessage[] batch in Batches(messages))
        {
            await api.AppendAsync(session, batch.Select(Wire), key: null, cancellationToken);
        }

        Step($"Appended {messages.Count} messages to session [blue]{session}[/]");
        JsonElement commit = await api.CommitAsync(session, keepRecent: 0, key: null, cancellationToken);
        string taskId = Json.Text(commit, "task_id");
        string archiveId = Json.Text(commit, "archive_uri").Split('/')[^1];
        long accepted = time.GetTimestamp();
        await server.KillAsync();
        Step($"Commit accepted, task [blue]{taskId.EscapeMarkup()}[/]");
        double killed = time.GetElapsedTime(accepted).TotalMilliseconds;
        Step($"[red]kill -9[/] {server.ProcessId}: gone {killed:0} ms after the commit was accepted");
        return (taskId, archiveId);
    }

    private async Task RecoverAsync(
        string session, IReadOnlyList<ConversationMessage> messages, string taskId, string archiveId, CancellationToken cancellationToken)
    {
        await using DemoServer server = await DemoServer.StartAsync(storage, cancellationToken);
        using SessionApi api = Connect(server);
        Step($"Another server runs: process {server.ProcessId}. It finds the commit in storage,");
        Step("and takes it over when the ownership of the killed server has expired, within seconds");
        var text = new JsonObject { ["type"] = "text", ["text"] = "And this was said while the commit was still under way." };
        var late = new ConversationMessage("user", [text]);
        await api.AppendAsync(session, [Wire(late)], key: null, cancellationToken);
        Step("Appended one more message: appends never wait for a commit");
        await WatchAsync(api, taskId, cancellationToken);

        JsonElement archive = (await api.GetAsync($"sessions/{session}/archives/{archiveId}", cancellationToken)).Result;
        JsonElement context = (await api.GetAsync($"sessions/{session}/context", cancellationToken)).Result;
        RequireExactlyOnce(messages, archive, "the archive");
        RequireExactlyOnce([.. messages, late], context, "the context");
        Step($"[green]Every message exactly once[/]: {messages.Count} in {archiveId.EscapeMarkup()}, in order, and 1 live");
        string overview = Shown.Text(Json.Text(context, "latest_archive_overview")).EscapeMarkup();
        console.Write(new Panel(overview).Header("What the next turn of the agent sees of them").Expand());
    }

    private async Task WatchAsync(SessionApi api, string taskId, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        string last = "";
        while (time.GetElapsedTime(start) < s_timeout)
        {
            JsonElement task = await api.GetTaskAsync(taskId, waitSeconds: 0, cancellationToken);
            string status = Json.Text(task, "status");
            string now = status == "running" && Json.Text(task, "stage") is { Length: > 0 } stage ? $"{status}, {stage}" : status;
            if (now != last)
            {
                console.MarkupLine($"     {time.GetElapsedTime(start).TotalSeconds,5:0.0} s  task is [blue]{now.EscapeMarkup()}[/]");
                last = now;
            }

            switch (status)
            {
                case "completed":
                    Step("The commit has completed by itself");
                    return;
                case "failed" or "cancelled":
                    throw new DemoException($"The commit ended as {status}: {Json.Text(task, "error")}");
                default:
                    await Task.Delay(s_interval, time, cancellationToken);
                    break;
            }
        }

        throw new DemoException($"The commit has not ended within {s_timeout.TotalMinutes:0} minutes.");
    }

    private static void RequireExactlyOnce(IReadOnlyList<ConversationMessage> sent, JsonElement found, string where)
    {
        string[] expected = [.. sent.Select(message => $"{message.Role} {message.Parts.ToJsonString()}")];
        JsonNode?[] messages = [.. found.GetProperty("messages").EnumerateArray().Select(static m => JsonNode.Parse(m.GetRawText()))];
        string[] actual = [.. messages.Select(message => $"{(string?)message?["role"]} {message?["parts"]?.ToJsonString()}")];
        if (!expected.SequenceEqual(actual))
        {
            throw new DemoException(
                $"{expected.Length} messages were sent, and {where} has {actual.Length}, or others, or in another order.");
        }
    }

    private static IEnumerable<ConversationMessage[]> Batches(IReadOnlyList<ConversationMessage> messages)
    {
        var batch = new List<ConversationMessage>();
        int length = 0;
        foreach (ConversationMessage message in messages)
        {
            int more = message.Parts.ToJsonString().Length;
            if (batch.Count == MaxBatch || (batch.Count > 0 && length + more > MaxBatchLength))
            {
                yield return [.. batch];
                batch.Clear();
                length = 0;
            }

            batch.Add(message);
            length += more;
        }

        yield return [.. batch];
    }

    private SessionApi Connect(DemoServer server) => new ClientHost { Time = time }.Connect(new ServerAddress(server.Address));

    private static JsonObject Wire(ConversationMessage message) =>
        new() { ["role"] = message.Role, ["parts"] = message.Parts.DeepClone() };

    private void Step(string markup) => console.MarkupLine($"[grey]{time.GetUtcNow():HH:mm:ss.fff}[/]  {markup}");
}
