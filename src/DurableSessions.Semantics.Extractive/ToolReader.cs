using System.Text.RegularExpressions;
using DurableSessions.Core.Messages;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Takes out of tool calls what outlives them: the files they touched, the messages they committed, the to-do lists they
/// wrote, their errors and the results of tests. The rest of their output is noise.
/// </summary>
internal sealed partial class ToolReader(Digestion digestion)
{
    /// <summary>As many values of a tool's input are looked at, objects and arrays among them.</summary>
    private const int MaxValues = 200;
    private const int MaxOutput = 24 * 1024;

    /// <summary>As much of a name, a key or the first line of a command is read: far more than a digest shows of it.</summary>
    private const int MaxShort = 1_000;

    private long _order;
    private Stamp _stamp;

    /// <summary>Reads one call, and returns the order after it.</summary>
    public long Read(MessagePart part, long order, Stamp stamp)
    {
        _order = order;
        _stamp = stamp;
        string tool = part.ToolName is { Length: > 0 } name ? WithoutCode(Clip.Ends(name, MaxShort, 0), 40) : "tool";
        bool writes = Writing().IsMatch(tool);
        string? command = null;
        if (part.ToolInput is { } input)
        {
            command = ReadInput(input, writes);
        }

        if (part.ToolOutput is { } output)
        {
            ReadOutput(tool, command, Clip.Ends(output.Text(), MaxOutput / 2, MaxOutput / 2), part.ToolStatus is "error" or "failed");
        }

        return _order;
    }

    // Returns the command that was run, if any.
    private string? ReadInput(MessageValue input, bool writes)
    {
        string? command = null;
        foreach (InputValue value in InputValue.FirstOf(input, MaxValues))
        {
            if (value is { Content: { } content, Status: { } status })
            {
                ReadTodo(content.Text(), status.Text());
            }
            else if (value.Text is { } text)
            {
                command = ReadText(value.Key, text, writes) ?? command;
            }
        }

        return command;
    }

    private string? ReadText(string key, MessageValue value, bool writes)
    {
        bool isCommand = key is "command" or "cmd" or "script";
        bool isFile = key.Contains("path", StringComparison.OrdinalIgnoreCase) || key.Contains("file", StringComparison.OrdinalIgnoreCase);
        if ((!isCommand && !isFile) || value.Text() is not { Length: > 1 } text)
        {
            return null;
        }

        if (isCommand)
        {
            return ReadCommand(text);
        }

        if (text.Length <= 300 && NameFinder.IsPath(text))
        {
            digestion.Names.Add(NameKind.File, Shorten(text), writes ? 2 : 0.5);
        }

        return null;
    }

    // An item of a to-do list, as coding agents keep them.
    private void ReadTodo(string content, string status)
    {
        string text = InlineText.Clean(Clip.Ends(content, MaxShort, 0));
        if (text.Length > 3)
        {
            bool done = status is "completed" or "done" or "cancelled";
            Add(done ? StatementKind.Done : StatementKind.Open, done ? "Completed: " + text : text, done ? 1.1 : 2.2);
        }
    }

    private string ReadCommand(string text)
    {
        if (CommitMessage().Match(text.Length > 4_000 ? text[..4_000] : text) is { Success: true } commit)
        {
            Add(StatementKind.Done, "Committed: " + InlineText.Clean(commit.Groups[2].Value), 2.6);
        }

        string line = InlineText.Clean(Clip.Ends(text.Split('\n', 2)[0], MaxShort, 0)).Replace('`', '\'');
        return Clip.AtClause(line, 60);
    }

    private void ReadOutput(string tool, string? command, string text, bool failed)
    {
        string what = command is null ? $"`{tool}`" : $"`{command}`";
        string? error = null;
        string? result = null;
        foreach (string raw in text.Split(['\n', '\r']))
        {
            if (raw.Length is < 4 or > 1_000)
            {
                continue;
            }

            if (TestResult().IsMatch(raw))
            {
                result = raw;
            }
            else if (Error().IsMatch(raw))
            {
                error ??= raw;
            }
            else if (Made().IsMatch(raw))
            {
                digestion.Names.Add(NameKind.Reference, raw.Trim(), 1.5);
            }
        }

        error ??= failed && result is null ? text.Split('\n').FirstOrDefault(static l => l.Trim().Length > 3) : null;
        if (result is not null)
        {
            digestion.OutdateBeginning(what);
            Add(StatementKind.Done, $"{what}: {Readable(result)}", 1.5);
        }

        if (error is not null && (failed || result is null))
        {
            Add(StatementKind.Done, $"{what} failed: {Readable(error)}", failed ? 1.9 : 1.0);
        }
    }

    private void Add(StatementKind kind, string text, double score)
    {
        var statement = new Statement(kind, Clip.AtClause(text, Statement.MaxLength - 60), _order++)
        {
            Score = score,
            Stamp = _stamp,
        };
        digestion.Add(statement, reverses: false);
    }

    private static string Readable(string line) =>
        WithoutCode(line.Length > 400 ? line[..Clip.Boundary(line, 400)] : line, 140);

    private static string WithoutCode(string text, int max) =>
        Clip.AtClause(InlineText.Clean(text).Replace("`", "", StringComparison.Ordinal), max);

    // The last two or three parts of an absolute path tell a file from another one; where the work tree lies does not matter.
    private static string Shorten(string path)
    {
        string[] parts = path.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries);
        bool isAbsolute = path[0] is '/' || (path.Length > 1 && path[1] == ':');
        return isAbsolute ? string.Join('/', parts.Length > 4 ? parts[^3..] : parts.Length > 2 ? parts[^2..] : parts) : path;
    }

    [GeneratedRegex("write|edit|patch|create|replace|insert|rename|move", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Writing();

    [GeneratedRegex(@"git commit\b[^\n]{0,80}?-[a-z]*m\s+(['""])(.{4,200}?)\1", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex CommitMessage();

    [GeneratedRegex(
        @"\b(?:\d+ (?:tests? )?(?:passed|failed|failing|passing)|(?:Passed|Failed)[:!]\s.*\d|test result:|tests? run: ?\d+"
        + @"|Build succeeded|BUILD SUCCESSFUL|BUILD FAILED|Build FAILED|\d+ examples?, \d+ failures?)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex TestResult();

    [GeneratedRegex(
        @"\b(?:[A-Za-z.]*(?:Error|Exception)\b(?! handling)|error(?: [A-Z]+\d+)?:|fatal:|FATAL|panic:|cannot find|No such file"
        + @"|Permission denied|not found$|Traceback|AccessDenied|Segmentation fault|timed out)",
        RegexOptions.CultureInvariant)]
    private static partial Regex Error();

    [GeneratedRegex(@"^\s*https://\S+/(?:pull|issues|merge_requests)/\d+\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Made();
}
