using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using static DurableSessions.Server.Clients.ClientCommands;

namespace DurableSessions.Server.Clients;

/// <summary><c>memories list|show|search|remember|forget</c>.</summary>
internal static class MemoriesCommand
{
    private const string Place = "CATEGORY/NAME, as the list has it.";

    private static readonly Option<string?> s_peer = new("--peer") { Description = "Those of this peer, in place of the user's own." };

    public static Command Create(ClientHost host)
    {
        var command = new Command("memories", "The user's memories, in a server that runs.");
        var options = new ClientOptions(command, host);
        command.Add(CreateList(options));
        command.Add(CreateShow(options));
        command.Add(CreateSearch(options));
        command.Add(CreateRemember(options));
        command.Add(CreateForget(options));
        return command;
    }

    /// <summary>The path of one memory.</summary>
    /// <exception cref="ClientException">It is no category and name.</exception>
    public static string Path(string memory, string? peer) => memory.Split('/') is [{ Length: > 0 } category, { Length: > 0 } name]
        ? $"memories/{SessionApi.Escape(category)}/{SessionApi.Escape(name)}{(peer is null ? "" : $"?peer={SessionApi.Escape(peer)}")}"
        : throw new ClientException($"'{memory}' is no memory: {Place}");

    private static Command CreateList(ClientOptions options)
    {
        var category = new Option<string?>("--category") { Description = "Only memories of this category." };
        var command = new Command("list", "List memories.") { category, s_peer };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            string query = $"memories?limit=100{Query("category", parsed.GetValue(category))}{Query("peer", parsed.GetValue(s_peer))}";
            List<JsonElement> items = await run.Api.ListAsync(query, stop).ToListAsync(stop);
            run.Show(JsonSerializer.SerializeToElement(items), _ => Listing.Write(
                run.Console,
                items,
                new Column("memory", static m => $"{Json.Text(m, "category")}/{Json.Text(m, "name")}", IsWhole: true),
                Column.Time("changed (UTC)", "updated_at"),
                new Column("abstract", "abstract")));
            return 0;
        });
        return command;
    }

    private static Command CreateShow(ClientOptions options)
    {
        Argument<string> memory = Text("memory", Place);
        var command = new Command("show", "Show a memory.") { memory, s_peer };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            ApiAnswer answer = await run.Api.GetAsync(Path(parsed.GetValue(memory)!, parsed.GetValue(s_peer)), stop);
            run.Show(answer.Result, m =>
            {
                Listing.Write(
                    run.Console,
                    m,
                    new Column("uri", "uri"),
                    Column.Time("changed", "updated_at"),
                    new Column("session", "session_id"),
                    new Column("task", "task_id"),
                    new Column("tags", "tags"));
                run.Say("");
                run.Say(Shown.Text(Json.Text(m, "content")));
            });
            return 0;
        });
        return command;
    }

    private static Command CreateSearch(ClientOptions options)
    {
        Argument<string> words = Text("words", "What to look for.");
        Option<int?> limit = Limit(100, "hits");
        var command = new Command("search", "Search memories, archives and live messages.") { words, limit, s_peer };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            string query = $"memories/search?limit={parsed.GetValue(limit) ?? 10}"
                + $"{Query("q", parsed.GetValue(words))}{Query("peer", parsed.GetValue(s_peer))}";
            ApiAnswer answer = await run.Api.GetAsync(query, stop);
            run.Show(answer.Result, hits => Listing.Write(
                run.Console,
                [.. hits.EnumerateArray()],
                new Column("score", "score", isWhole: true),
                new Column("uri", "uri", isWhole: true),
                new Column("what", static hit => Json.Find(hit, "message") is { } message
                    ? Json.Text(message, "snippet")
                    : Json.Text(hit, "abstract"))));
            return 0;
        });
        return command;
    }

    private static Command CreateRemember(ClientOptions options)
    {
        Argument<string> memory = Text("memory", "CATEGORY/NAME: profile, preferences, entities, events or cases.");
        Argument<string> content = Text("content", "The text; it takes the place of one that is there.");
        var command = new Command("remember", "Write a memory.") { memory, content, s_peer };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            var body = new JsonObject { ["content"] = parsed.GetValue(content) };
            ApiAnswer answer = await run.Api.SendAsync(
                HttpMethod.Put, Path(parsed.GetValue(memory)!, parsed.GetValue(s_peer)), body, key: null, stop);
            run.Show(answer.Result, m => run.Say($"Remembered as {Shown.Line(Json.Text(m, "uri"))}"));
            return 0;
        });
        return command;
    }

    private static Command CreateForget(ClientOptions options)
    {
        Argument<string> memory = Text("memory", Place);
        Option<bool> yes = Yes("Delete it;");
        var command = new Command("forget", "Delete a memory.") { memory, yes, s_peer };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            Require(parsed, yes, "A deletion");
            string name = parsed.GetValue(memory)!;
            JsonElement gone = await run.Api.DeleteAsync(Path(name, parsed.GetValue(s_peer)), stop);
            run.Show(gone, m => run.Say($"Forgotten: {Shown.Line(Json.Find(m, "uri")?.ToString() ?? name)}"));
            return 0;
        });
        return command;
    }

    private static string Query(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}
