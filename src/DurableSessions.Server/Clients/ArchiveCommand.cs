using System.CommandLine;
using System.Text.Json;
using static DurableSessions.Server.Clients.ClientCommands;

namespace DurableSessions.Server.Clients;

/// <summary><c>archive list|show</c>.</summary>
internal static class ArchiveCommand
{
    public static Command Create(ClientHost host)
    {
        var command = new Command("archive", "The archives that commits made, in a server that runs.");
        var options = new ClientOptions(command, host);
        command.Add(CreateList(options));
        command.Add(CreateShow(options));
        return command;
    }

    private static Command CreateList(ClientOptions options)
    {
        Argument<string> session = Text("session", "The session.");
        var command = new Command("list", "List the archives of a session, newest first.") { session };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            string path = $"sessions/{SessionApi.Escape(parsed.GetValue(session)!)}/archives?limit=100";
            List<JsonElement> items = await run.Api.ListAsync(path, stop).ToListAsync(stop);
            run.Show(JsonSerializer.SerializeToElement(items), _ => Listing.Write(
                run.Console,
                items,
                new Column("archive", "archive_id", isWhole: true),
                new Column("state", "state", isWhole: true),
                new Column("messages", "message_count", isWhole: true),
                Column.Time("made (UTC)", "created_at"),
                new Column("abstract", "abstract")));
            return 0;
        });
        return command;
    }

    private static Command CreateShow(ClientOptions options)
    {
        Argument<string> session = Text("session", "The session.");
        Argument<string> name = Text("name", "The archive, such as archive_001.");
        var command = new Command("show", "Show an archive with its messages.") { session, name };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            string path = $"sessions/{SessionApi.Escape(parsed.GetValue(session)!)}/archives/{SessionApi.Escape(parsed.GetValue(name)!)}";
            ApiAnswer answer = await run.Api.GetAsync(path, stop);
            run.Show(answer.Result, archive =>
            {
                run.Say(Shown.Text(Json.Text(archive, "overview")));
                run.Say("");
                foreach (JsonElement message in archive.GetProperty("messages").EnumerateArray())
                {
                    Messages.Write(run.Console.Profile.Out.Writer, message);
                }
            });
            return 0;
        });
        return command;
    }
}
