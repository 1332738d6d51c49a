using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Core;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Files;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Recall;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace DurableSessions.Http.Mcp;

/// <summary>The tools of an agent over its own memories and archives, named and called as those of OpenViking.</summary>
internal sealed partial class McpTools(
    SessionStore store, RecentlyRecalled recent, IHttpContextAccessor accessor, TimeProvider time, ILogger<McpTools> logger)
{
    private const int MaxUris = 20;
    private const int MaxPatterns = 10;
    private const int MaxMessages = MessageLimits.MaxBatch;
    private const int ListedEntries = 1_000;
    private const int DefaultMatches = 10;
    private const string Uri = """{"type":"string","description":"A viking:// URI; viking://~ is yours."}""";

    private const string Found =
        $$"""
        "query":{"type":"string","description":"A question, or a whole prompt."},
        "target_uri":{{Uri}},
        "limit":{"type":"integer","minimum":1,"maximum":100,"default":10},
        "min_score":{"type":"number","minimum":0,"maximum":1,"default":0.35},
        "filter":{"type":"object","additionalProperties":false,"properties":{"session_id":{"type":"string"},"role":{"type":"string"},
        "peer_id":{"type":"string"},"since":{"type":"string","description":"A time in ISO 8601, a date, or a time ago as 7d."},
        "until":{"type":"string"},"category":{"type":"string","description":"A category of memories, or sessions."},
        "tags":{"type":"array","items":{"type":"string"},"description":"Only memories of events with all of these, as team=a."}
        } },
        "peer_scope":{"type":"string","enum":["actor","all"]}
        """;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<McpTool> All { get; } =
    [
        McpTool.Of(
            "find", "Finds memories and conversations by the words of a question. Each hit has its URI, for read.",
            Found, ["query"], changes: false, FindAsync),
        McpTool.Of(
            "search",
            "As find; with mode context, the texts of what fits best, within max_tokens.",
            $$"""
            {{Found}},
            "session_id":{"type":"string"},
            "mode":{"type":"string","enum":["list","context"],"default":"list"},
            "max_tokens":{"type":"integer","minimum":64,"maximum":32000,"default":1600}
            """,
            ["query"], changes: false, SearchAsync),
        McpTool.Of(
            "read", "Reads memories, archives with their conversation, and what a session has not archived yet, by their URIs.",
            $$"""
            "uris":{"anyOf":[{{Uri}},{"type":"array","items":{{Uri}},"minItems":1,"maxItems":20}]}
            """,
            ["uris"], changes: false, ReadAsync),
        McpTool.Of(
            "list", "Lists a folder: viking://~/memories, viking://~/peers, viking://~/sessions, and what is below.",
            $$"""
            "uri":{{Uri}},"recursive":{"type":"boolean","default":false}
            """,
            ["uri"], changes: false, ListAsync),
        McpTool.Of(
            "grep", "Finds lines by a regular expression in conversations or memories: of all sessions the newest first.",
            $$"""
            "uri":{{Uri}},
            "pattern":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":10}]},
            "case_insensitive":{"type":"boolean","default":false},
            "node_limit":{"type":"integer","minimum":1,"maximum":1000,"default":10}
            """,
            ["uri", "pattern"], changes: false, GrepAsync),
        McpTool.Of(
            "remember", "Stores what was said as a long-term memory, at once. For preferences, facts and decisions worth keeping.",
            """
            "messages":{"type":"array","minItems":1,"maxItems":100,"items":{"type":"object","required":["role","content"],
            "properties":{"role":{"type":"string","enum":["user","assistant"]},"content":{"type":"string"}}}}
            """,
            ["messages"], changes: true, RememberAsync),
        McpTool.Of(
            "forget", "Deletes one memory, for good. Confirm with the user first.", $"\"uri\":{Uri}", ["uri"], changes: true, ForgetAsync),
        McpTool.Of("health", "Says whether the store answers.", "", [], changes: false, HealthAsync),
    ];

    /// <summary>
    /// Calls a tool. What does not fit, or is not there, is an answer that says so, and so is storage that is away: the agent can mend its
    /// call, or try it again. What changes something is carried to its end where the key of the request ends meanwhile.
    /// </summary>
    /// <exception cref="McpProtocolException">There is no such tool.</exception>
    public async ValueTask<CallToolResult> CallAsync(CallToolRequestParams? call, CancellationToken cancellationToken)
    {
        McpTool tool = All.FirstOrDefault(t => t.Tool.Name == call?.Name)
            ?? throw new McpProtocolException("There is no such tool.", McpErrorCode.InvalidParams);
        HttpContext http = accessor.HttpContext!;
        var arguments = new JsonField(
            JsonSerializer.SerializeToElement(call!.Arguments ?? new Dictionary<string, JsonElement>()), new Location(null, "arguments"));
        try
        {
            if (tool.Changes && McpEndpoint.CallerOf(http).IsReadOnly)
            {
                return Answer("The scope of this key is read-only; this tool changes something.", isError: true);
            }

            var made = ToolCall.Of(http, store, recent, time);
            CancellationToken ended = tool.Changes ? CancellationToken.None : cancellationToken;
            return Answer(await tool.CallAsync(made, arguments, ended), isError: false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            ApiError error = ErrorTranslation.Of(e, http.TraceIdentifier);
            Log.ServiceFailed(logger, e, "tool", tool.Tool.Name, error, http.TraceIdentifier);
            string again = error.RetryAfterSeconds is { } seconds
                ? string.Create(CultureInfo.InvariantCulture, $" Try again in {seconds} s.")
                : "";
            return Answer(error.Message + again, isError: true);
        }
    }

    private static CallToolResult Answer(string text, bool isError) =>
        new() { Content = [new TextContentBlock { Text = text }], IsError = isError };

    private static async Task<string> FindAsync(ToolCall call, JsonField arguments, CancellationToken cancellationToken)
    {
        FindRequest request = FindRequest.Of(arguments, call.Asker);
        call.Cost?.Take(request.Limit + RequestCost.Of(request.Query.Length));
        IReadOnlyList<Recollection> found = await Recollection.FindAsync(
            call.Store, call.Caller, request.Query, request.Targets, request.Filter, where: null, request.Limit,
            SearchFields.Score(arguments["min_score"], SearchFields.PluginScore), cancellationToken);
        return found.Count == 0
            ? "Nothing was found."
            : string.Join('\n', found.Select(static f =>
                string.Create(CultureInfo.InvariantCulture, $"- {f.Uri} ({f.Category}, {f.Score:0.00}): {f.Abstract}")));
    }

    private static async Task<string> SearchAsync(ToolCall call, JsonField arguments, CancellationToken cancellationToken)
    {
        JsonField kind = arguments["mode"];
        switch (kind.IsSet ? kind.Text() : "list")
        {
            case "context":
                break;
            case "list":
                return await FindAsync(call, arguments, cancellationToken);
            default:
                throw kind.Invalid("must be list or context.", "literal_error");
        }

        var assembly = new ContextAssembly(call.Store, call.Caller, call.Recent, call.Cost);
        ContextRequest request = ContextRequest.OfSearch(arguments, call.Asker) with
        {
            MinScore = SearchFields.Score(arguments["min_score"], SearchFields.PluginScore),
        };
        IReadOnlyList<ContextEntry> entries = await assembly.ReadAsync(request, cancellationToken);
        return entries.Count == 0 ? "Nothing was found." : ContextAssembly.Render(entries);
    }

    private static async Task<string> ReadAsync(ToolCall call, JsonField arguments, CancellationToken cancellationToken)
    {
        JsonField uris = arguments["uris"];
        VikingUri[] wanted = [.. OneOrMore(uris, MaxUris).Select(u => VikingUri.Of(u, call.Caller))];
        var text = new StringBuilder();
        foreach (VikingUri uri in wanted)
        {
            call.Cost?.Take(wanted.Length > 1 ? 5 : 0);
            string content =
                (UserPath.Of(uri, call.Asker.Peer) is { } path ? await call.Files.FindTextAsync(path, cancellationToken) : null)
                ?? (wanted.Length > 1 ? "File not found." : throw uri.FileNotFound());
            text.Append(wanted.Length > 1 ? $"=== {uri.Text} ===\n" : "").Append(content).Append(wanted.Length > 1 ? "\n" : "");
        }

        return text.ToString();
    }

    private static async Task<string> ListAsync(ToolCall call, JsonField arguments, CancellationToken cancellationToken)
    {
        VikingUri uri = VikingUri.Of(arguments["uri"], call.Caller);
        bool isRecursive = arguments["recursive"] is { IsSet: true } flag && flag.Boolean();
        var listing = new FileListing(call.Store, call.Caller, call.Asker.Peer, call.Cost, ListedEntries);
        IReadOnlyList<FileEntry> entries = await listing.ListAsync(uri, isRecursive, cancellationToken)
            ?? throw uri.FolderNotFound();
        if (entries.Count == 0)
        {
            return "The folder is empty.";
        }

        IEnumerable<string> lines = entries.Take(ListedEntries).Select(
            static e => e.IsFolder ? $"{e.RelativePath}/" : e.Abstract.Length > 0 ? $"{e.RelativePath}: {e.Abstract}" : e.RelativePath);
        return string.Join('\n', entries.Count > ListedEntries ? lines.Append($"There are more than {ListedEntries}.") : lines);
    }

    private static async Task<string> GrepAsync(ToolCall call, JsonField arguments, CancellationToken cancellationToken)
    {
        JsonField pattern = arguments["pattern"];
        GrepBody body = GrepBody.Of(arguments, OneOrMore(pattern, MaxPatterns), call.Caller, DefaultMatches);
        var grep = new Grep(
            call.Store, call.Caller, call.Asker.Peer, body.Patterns, pattern.At, body.Limit, call.Time, call.Cost, call.Hold);
        IReadOnlyList<GrepMatch> matches =
            (UserPath.Of(body.Uri, call.Asker.Peer) is { } path ? await grep.FindAsync(path, cancellationToken) : null)
            ?? throw body.Uri.FileNotFound();
        IEnumerable<string> lines = matches.Select(
            m => string.Create(CultureInfo.InvariantCulture, $"{body.Uri.AsAsked(m.Uri)}:{m.Line}: {m.Content}"));
        return string.Join('\n', grep.IsTruncated ? lines.Append("There may be more: node_limit says how many are shown.") : lines)
            is { Length: > 0 } found ? found : "Nothing was found.";
    }

    private static JsonField[] OneOrMore(JsonField field, int max) =>
        field.Value.ValueKind != JsonValueKind.Array ? [field]
        : field.Items(max) is { Length: > 0 } items ? items
        : throw field.Invalid("must hold one at least.", "too_short");

    // By its content it has its name: what is remembered twice is there once.
    private static async Task<string> RememberAsync(ToolCall call, JsonField arguments, CancellationToken cancellationToken)
    {
        JsonField messages = arguments["messages"];
        (string Role, string Content)[] said =
        [
            .. messages.Items(MaxMessages).Select(static m => (Role: Role(m.Object()["role"]), Content: m["content"].Text().Trim()))
                .Where(static m => m.Content.Length > 0),
        ];
        string content = said.Length == 1 ? said[0].Content : string.Join('\n', said.Select(static m => $"{m.Role}: {m.Content}"));
        if (content.Length is 0 or > MemoryLimits.MaxContentLength)
        {
            throw messages.Invalid($"must say something, in at most {MemoryLimits.MaxContentLength} characters together.");
        }

        MemoryCategory category = said.Any(static m => m.Role == "user" && Preference().IsMatch(m.Content))
            ? MemoryCategory.Preferences
            : MemoryCategory.Events;
        string name = $"noted-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..16]}";
        var memory = new MemoryKey(category, name, call.Asker.Peer);
        string uri = Wire.MemoryUri(call.Caller.User, memory);
        Memory? there = await call.Store.Memories.FindAsync(call.Caller.Owner, memory, cancellationToken);
        if (there?.Content.Trim() != content)
        {
            MemoryCondition unchanged = there is null ? new MemoryCondition(IsNew: true) : new MemoryCondition(there.Info.Version);
            await call.Store.Memories.PutAsync(call.Caller.Owner, memory, content, unchanged, cancellationToken);
        }

        return $"Remembered at {uri}";
    }

    private static string Role(JsonField field) => field.Text() switch
    {
        "user" or "assistant" => field.Text(),
        _ => throw field.Invalid("must be user or assistant.", "literal_error"),
    };

    private static async Task<string> ForgetAsync(ToolCall call, JsonField arguments, CancellationToken cancellationToken)
    {
        VikingUri uri = VikingUri.Of(arguments["uri"], call.Caller);
        if (UserPath.Of(uri, call.Asker.Peer) is not { Place: UserPlace.Memory } path)
        {
            throw uri.Own is null
                ? uri.FileNotFound()
                : arguments["uri"].Invalid("must be that of one memory: nothing else is forgotten.");
        }

        await call.Store.Memories.DeleteAsync(call.Caller.Owner, path.Memory, new MemoryCondition(), cancellationToken);
        return $"Forgotten: {uri.Text}";
    }

    private static async Task<string> HealthAsync(ToolCall call, JsonField arguments, CancellationToken cancellationToken)
    {
        MemoryPage page = await call.Store.Memories.ListAsync(call.Caller.Owner, null, MemoryService.MaxPage, null, cancellationToken);
        return $"The store answers. User {call.Caller.User} has {page.Items.Count} memories.";
    }

    [GeneratedRegex(
        @"\b(?:always|never|prefer|(?:i|we) (?:really )?(?:like|love|hate|want))\b|偏好|喜欢|总是|从不|讨厌",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Preference();
}
