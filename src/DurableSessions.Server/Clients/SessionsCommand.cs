using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Server.Keys;
using DurableSessions.Server.Transfer;
using static DurableSessions.Server.Clients.ClientCommands;

namespace DurableSessions.Server.Clients;

/// <summary><c>sessions list|show|messages|append|context|delete|export</c>.</summary>
internal static class SessionsCommand
{
    private const int MaxListed = 100_000;
    private const int DefaultListed = 100;

    public static Command Create(ClientHost host)
    {
        var command = new Command("sessions", "The sessions of a server that runs.");
        var options = new ClientOptions(command, host);
        command.Add(CreateList(options));
        command.Add(CreateOf(options, "show", "Show a session.", ShowAsync));
        command.Add(CreateOf(
            options, "messages", "Show the live messages of a session: those that no commit has archived.", MessagesAsync));
        command.Add(CreateAppend(options));
        command.Add(CreateContext(options));
        command.Add(CreateDelete(options));
        command.Add(ExportCommand.CreateOfSession(options));
        return command;
    }

    private static Command CreateList(ClientOptions options)
    {
        var prefix = new Option<string?>("--prefix") { Description = "Only sessions whose id begins with this." };
        Option<int?> limit = Limit(MaxListed, "sessions");
        var command = new Command("list", $"List sessions; {DefaultListed} unless --limit says how many.") { prefix, limit };
        options.SetAction(command, (run, parsed, stop) => ListAsync(
            run, parsed.GetValue(prefix) ?? "", parsed.GetValue(limit) ?? DefaultListed, stop));
        return command;
    }

    private static Command CreateOf(
        ClientOptions options, string name, string description, Func<ClientRun, string, CancellationToken, Task<int>> show)
    {
        Argument<string> id = Text("id", "The session.");
        var command = new Command(name, description) { id };
        options.SetAction(command, (run, parsed, stop) => show(run, parsed.GetValue(id)!, stop));
        return command;
    }

    private static Command CreateAppend(ClientOptions options)
    {
        Argument<string> id = Text("id", "The session; it is created where there is none.");
        Argument<string> file = Text("file", "Messages as JSON lines, a JSON array, or one {role, content}; - for standard input.");
        var command = new Command("append", "Append messages. The same file again appends nothing twice, for a day at least.") { id, file };
        options.SetAction(command, (run, parsed, stop) => AppendAsync(run, parsed.GetValue(id)!, parsed.GetValue(file)!, stop));
        return command;
    }

    private static Command CreateContext(ClientOptions options)
    {
        Argument<string> id = Text("id", "The session.");
        Option<int?> budget = NumberOption.Create("--budget", 0, 10_000_000, "tokens", "What fits into the context");
        var command = new Command("context", "Show the context as an agent gets it.") { id, budget };
        options.SetAction(command, (run, parsed, stop) => ContextAsync(run, parsed.GetValue(id)!, parsed.GetValue(budget), stop));
        return command;
    }

    private static Command CreateDelete(ClientOptions options)
    {
        Argument<string> id = Text("id", "The session.");
        Option<bool> yes = Yes("Delete it, with its archives;");
        var command = new Command("delete", "Delete a session.") { id, yes };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            Require(parsed, yes, "A deletion");
            run.Show(
                await run.Api.DeleteAsync($"sessions/{SessionApi.Escape(parsed.GetValue(id)!)}", stop), static session => { });
            run.Say($"Session {parsed.GetValue(id)} is deleted.");
            return 0;
        });
        return command;
    }

    private static async Task<int> ListAsync(ClientRun run, string prefix, int limit, CancellationToken cancellationToken)
    {
        var items = new List<JsonElement>();
        int page = prefix.Length == 0 ? Math.Min(limit, 1_000) : 1_000;
        await foreach (JsonElement item in run.Api.ListAsync($"sessions?limit={page}", cancellationToken))
        {
            if (items.Count == limit)
            {
                await run.Error.WriteLineAsync($"There are more than {limit}: --limit, at most {MaxListed}, says how many are listed.");
                break;
            }

            if (Json.Text(item, "session_id").StartsWith(prefix, StringComparison.Ordinal))
            {
                items.Add(item);
            }
        }

        run.Show(JsonSerializer.SerializeToElement(items), _ => Listing.Write(
            run.Console, items, new Column("session", "session_id", isWhole: true), Column.Time("changed (UTC)", "mod_time")));
        return 0;
    }

    private static async Task<int> ShowAsync(ClientRun run, string id, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await run.Api.GetAsync($"sessions/{SessionApi.Escape(id)}", cancellationToken);
        run.Show(answer.Result, session => Listing.Write(
            run.Console,
            session,
            new Column("session", "session_id"),
            Column.Time("created", "created_at"),
            Column.Time("changed", "updated_at"),
            new Column("live messages", "message_count"),
            new Column("all messages", "total_message_count"),
            new Column("commits", "commit_count"),
            new Column("pending tokens", "pending_tokens"),
            Column.Time("last commit", "last_commit_at"),
            new Column("auto-commit", "auto_commit_policy"),
            new Column("uri", "uri")));
        return 0;
    }

    private static async Task<int> MessagesAsync(ClientRun run, string id, CancellationToken cancellationToken)
    {
        // The live ones are the last of a context.
        var messages = new List<JsonElement>();
        (_, int live) = await LiveMessages.ReadAsync(
            run.Api,
            id,
            messages.Clear,
            message =>
            {
                messages.Add(message);
                return ValueTask.CompletedTask;
            },
            cancellationToken);
        List<JsonElement> last = [.. messages.Skip(messages.Count - live)];
        run.Show(
            JsonSerializer.SerializeToElement(last, Json.Line),
            _ => last.ForEach(message => Messages.Write(run.Console.Profile.Out.Writer, message)));
        return 0;
    }

    private static async Task<int> ContextAsync(ClientRun run, string id, int? budget, CancellationToken cancellationToken)
    {
        string query = budget is { } tokens ? $"?token_budget={tokens}" : "";
        ApiAnswer answer = await run.Api.GetAsync($"sessions/{SessionApi.Escape(id)}/context{query}", cancellationToken);
        run.Show(answer.Result, context =>
        {
            run.Say(Shown.Text(Json.Text(context, "latest_archive_overview")));
            foreach (JsonElement line in context.GetProperty("pre_archive_abstracts").EnumerateArray())
            {
                run.Say($"{Shown.Line(Json.Text(line, "archive_id"))}: {Shown.Line(Json.Text(line, "abstract"))}");
            }

            run.Say("");
            foreach (JsonElement message in context.GetProperty("messages").EnumerateArray())
            {
                Messages.Write(run.Console.Profile.Out.Writer, message);
            }

            run.Say($"{Json.Text(context, "estimatedTokens")} tokens");
        });
        return 0;
    }

    private static async Task<int> AppendAsync(ClientRun run, string id, string path, CancellationToken cancellationToken)
    {
        await using FileStream file = await OpenAsync(path, cancellationToken);
        string hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
        file.Position = 0;
        string name = path == "-" ? "standard input" : path;
        int sent = 0;
        IAsyncEnumerable<JsonElement> messages = new MessageFile(file, name).ReadAsync(cancellationToken);
        JsonElement last = default;
        await foreach (IReadOnlyList<JsonElement> batch in Messages.BatchAsync(messages, cancellationToken))
        {
            // The same file at the same place: the same key, and the same batch.
            last = await run.Api.AppendAsync(
                id, batch.Select(static m => JsonObject.Create(m)!), $"append-{hash}-{sent}", cancellationToken);
            sent += batch.Count;
        }

        if (sent == 0)
        {
            throw new ClientException($"{name} has no messages.");
        }

        var result = new JsonObject
        {
            ["session_id"] = id,
            ["sent"] = sent,
            ["message_count"] = Json.Number(last, "message_count"),
            ["pending_tokens"] = Json.Number(last, "pending_tokens"),
        };
        run.Show(result, () => run.Say(
            $"{sent} messages sent to session {id}, which has {Json.Number(last, "message_count")} live ones; "
            + "those that it had of this file are not there twice."));
        return 0;
    }

    // What comes by a pipe is read twice, too: by a file that is deleted when it is closed.
    private static async Task<FileStream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        if (path != "-")
        {
            return File.OpenRead(path);
        }

        var file = new FileStream(Path.GetTempFileName(), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        });
        await using Stream input = Console.OpenStandardInput();
        await input.CopyToAsync(file, cancellationToken);
        file.Position = 0;
        return file;
    }
}
