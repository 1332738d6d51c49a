using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Server.Keys;
using static DurableSessions.Server.Clients.ClientCommands;

namespace DurableSessions.Server.Clients;

/// <summary><c>commits list|show|start|follow|cancel|retry</c>. <c>follow</c> exits with 2 where the commit did not complete.</summary>
internal static class CommitsCommand
{
    /// <summary>The most tasks of one page, and of one run of <c>retry --failed</c> in one page.</summary>
    private const int MaxPage = 200;

    private const int DefaultListed = 50;

    // A server without pages of tasks: what fails again is listed first, and hides what is behind it.
    private const int MaxPages = 50;

    private static readonly Column[] s_columns =
    [
        new("task", "task_id", isWhole: true),
        new("session", "resource_id", isWhole: true),
        new("status", "status", isWhole: true),
        new("stage", "stage"),
        Column.Time("created (UTC)", "created_at_iso"),
        new("error", "error"),
    ];

    public static Command Create(ClientHost host)
    {
        var command = new Command("commits", "The commits of a server that runs.");
        var options = new ClientOptions(command, host);
        command.Add(CreateList(options));
        command.Add(CreateShow(options));
        command.Add(CreateStart(options));
        command.Add(CreateFollow(options));
        command.Add(CreateCancel(options));
        command.Add(CreateRetry(options));
        return command;
    }

    private static Command CreateList(ClientOptions options)
    {
        var status = new Option<string?>("--status") { Description = "pending, running, cancelling, completed, failed or cancelled." };
        var session = new Option<string?>("--session") { Description = "Only commits of this session." };
        Option<int?> limit = Limit(MaxPage, "commits");
        var command = new Command("list", "List commits, newest first.") { status, session, limit };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            ApiAnswer answer = await run.Api.GetAsync(
                $"tasks?limit={parsed.GetValue(limit) ?? DefaultListed}"
                + $"{Query("status", parsed.GetValue(status))}{Query("resource_id", parsed.GetValue(session))}",
                stop);
            run.Show(answer.Result, tasks => Listing.Write(run.Console, [.. tasks.EnumerateArray()], s_columns));
            return 0;
        });
        return command;
    }

    private static Command CreateShow(ClientOptions options)
    {
        Argument<string> id = Text("task", "The commit's task.");
        var command = new Command("show", "Show a commit.") { id };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            ShowTask(run, await run.Api.GetTaskAsync(parsed.GetValue(id)!, waitSeconds: 0, stop));
            return 0;
        });
        return command;
    }

    private static Command CreateStart(ClientOptions options)
    {
        Argument<string> session = Text("session", "The session.");
        Option<int?> keep = NumberOption.Create("--keep", 0, 10_000, "messages", "How many of the newest stay live");
        var follow = new Option<bool>("--follow") { Description = "Show its stages until it is over." };
        Option<int?> timeout = Timeout();
        var command = new Command("start", "Commit a session.") { session, keep, follow, timeout };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            string key = $"commit-{Guid.NewGuid():N}";
            JsonElement answer = await run.Api.CommitAsync(parsed.GetValue(session)!, parsed.GetValue(keep) ?? 0, key, stop);
            string task = Json.Text(answer, "task_id");
            if (task.Length == 0 || !parsed.GetValue(follow))
            {
                run.Show(answer, _ => run.Say(task.Length > 0
                    ? $"Commit accepted, task {Shown.Line(task)}"
                    : $"Nothing to commit: {Shown.Line(Json.Text(answer, "reason"))}"));
                return 0;
            }

            run.Progress($"Commit accepted, task {Shown.Line(task)}");
            return await FollowAsync(run, task, parsed.GetValue(timeout), stop);
        });
        return command;
    }

    private static Command CreateFollow(ClientOptions options)
    {
        Argument<string> id = Text("task", "The commit's task.");
        Option<int?> timeout = Timeout();
        var command = new Command("follow", "Show the stages of a commit until it is over; exit code 2 where it did not complete.")
        {
            id, timeout,
        };
        options.SetAction(command, (run, parsed, stop) => FollowAsync(run, parsed.GetValue(id)!, parsed.GetValue(timeout), stop));
        return command;
    }

    private static Command CreateCancel(ClientOptions options)
    {
        Argument<string> id = Text("task", "The commit's task.");
        var command = new Command("cancel", "Cancel a commit.") { id };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            ShowTask(run, await SteerAsync(run, parsed.GetValue(id)!, "cancel", stop));
            return 0;
        });
        return command;
    }

    private static Command CreateRetry(ClientOptions options)
    {
        var id = new Argument<string?>("task") { Description = "The commit's task.", Arity = ArgumentArity.ZeroOrOne };
        var failed = new Option<bool>("--failed") { Description = "All commits of the user that have failed." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would be retried." };
        var command = new Command("retry", "Start another attempt at a commit that has failed, or was cancelled.") { id, failed, dryRun };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(id) is null != parsed.GetValue(failed))
            {
                parsed.AddError("Name a task, or say --failed.");
            }
            else if (parsed.GetValue(dryRun) && !parsed.GetValue(failed))
            {
                parsed.AddError("--dry-run belongs to --failed.");
            }
        });
        options.SetAction(command, async (run, parsed, stop) =>
        {
            if (parsed.GetValue(failed))
            {
                return await RetryFailedAsync(run, parsed.GetValue(dryRun), stop);
            }

            ShowTask(run, await SteerAsync(run, parsed.GetValue(id)!, "retry", stop));
            return 0;
        });
        return command;
    }

    private static Option<int?> Timeout() => NumberOption.Create(
        "--timeout", 1, 86_400, "seconds", "How long the commit is followed, 3600 unless set; it goes on by itself");

    private static async Task<int> FollowAsync(ClientRun run, string id, int? timeout, CancellationToken cancellationToken)
    {
        JsonElement task = await TaskFollower.FollowAsync(run, id, TimeSpan.FromSeconds(timeout ?? 3_600), cancellationToken);
        ShowTask(run, task);
        return Json.Text(task, "status") == "completed" ? 0 : 2;
    }

    private static async Task<JsonElement> SteerAsync(ClientRun run, string id, string action, CancellationToken cancellationToken) =>
        (await run.Api.PostAsync(
            $"tasks/{SessionApi.Escape(id)}/{action}", body: null, $"{action}-{Guid.NewGuid():N}", cancellationToken)).Result;

    private static async Task<int> RetryFailedAsync(ClientRun run, bool isDry, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>();
        var done = new JsonArray();
        int refused = 0;
        bool isWhole = false;
        for (int page = 0; page < MaxPages && !isWhole; page++)
        {
            JsonElement tasks = (await run.Api.GetAsync($"tasks?limit={MaxPage}&status=failed", cancellationToken)).Result;
            List<string> ids = [.. tasks.EnumerateArray().Select(static t => Json.Text(t, "task_id")).Where(seen.Add)];
            isWhole = tasks.GetArrayLength() < MaxPage;
            foreach (string id in ids)
            {
                string what = isDry ? "would be retried" : await RetryAsync(run, id, cancellationToken);
                refused += what.StartsWith("not", StringComparison.Ordinal) ? 1 : 0;
                done.Add(new JsonObject { ["task_id"] = id, ["done"] = what });
                run.Say($"{Shown.Line(id)}  {what}");
            }

            if (isDry || ids.Count == 0)
            {
                break;
            }
        }

        run.Show(done, () => run.Say($"{done.Count - refused} of {done.Count} commits {(isDry ? "would be" : "are")} retried."));
        if (!isWhole)
        {
            await run.Error.WriteLineAsync("There may be more: these are the newest ones.");
        }

        return refused > 0 ? CommandRun.Failed : 0;
    }

    private static async Task<string> RetryAsync(ClientRun run, string id, CancellationToken cancellationToken)
    {
        try
        {
            await SteerAsync(run, id, "retry", cancellationToken);
            return "retried";
        }
        catch (ClientException e) when (e.Status is 404 or 409 or 412)
        {
            return $"not retried: {e.Message}";
        }
    }

    private static string Query(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    private static void ShowTask(ClientRun run, JsonElement shown) => run.Show(shown, task => Listing.Write(
        run.Console,
        task,
        new Column("task", "task_id"),
        new Column("session", "resource_id"),
        new Column("status", "status"),
        new Column("stage", "stage"),
        Column.Time("created", "created_at_iso"),
        Column.Time("changed", "updated_at_iso"),
        new Column("attempt", static t => Json.Find(t, "meta") is { } meta ? Json.Text(meta, "attempt") : ""),
        new Column("archive", static t => Json.Find(t, "result") is { } result ? Json.Text(result, "archive_uri") : ""),
        new Column("degraded", static t => Json.Find(t, "result") is { } result ? Json.Text(result, "degraded") : ""),
        new Column("memories", static t => Json.Find(t, "result") is { } result ? Json.Text(result, "memories_extracted") : ""),
        new Column("error", "error")));
}
