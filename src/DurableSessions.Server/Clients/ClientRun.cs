using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace DurableSessions.Server.Clients;

/// <summary>One run of a command: its server, and where it writes.</summary>
internal sealed class ClientRun(SessionApi api, ClientHost host, TextWriter output, TextWriter error, bool isJson, bool isTerminal)
{
    // Of a pipe: lines are as long as they are.
    private const int PipeWidth = 10_000;

    private IAnsiConsole? _console;

    public SessionApi Api => api;

    public TimeProvider Time => host.Time;

    public TextWriter Error => error;

    /// <summary>Whether the result is written as one JSON document, and nothing beside it.</summary>
    public bool IsJson => isJson;

    /// <summary>Whether a person watches, and nothing else is to be written there.</summary>
    public bool IsLive => isTerminal && !isJson;

    public IAnsiConsole Console => _console ??= CreateConsole(
        output, isTerminal && string.IsNullOrEmpty(host.Environment("NO_COLOR")), isTerminal ? null : PipeWidth);

    /// <summary>A console on a writer.</summary>
    /// <param name="writer">Gets the text.</param>
    /// <param name="hasColors">Whether it gets colours too.</param>
    /// <param name="width">In characters; <see langword="null"/>: the terminal's.</param>
    public static IAnsiConsole CreateConsole(TextWriter writer, bool hasColors, int? width)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = hasColors ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = hasColors ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = hasColors ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (width is { } characters)
        {
            console.Profile.Width = characters;
        }

        return console;
    }

    /// <summary>A line for people; nothing with <c>--json</c>.</summary>
    public void Say(string line)
    {
        if (!isJson)
        {
            output.WriteLine(line);
        }
    }

    /// <summary>A line about what goes on, which is no result.</summary>
    public void Progress(string line) => (isJson ? error : output).WriteLine(line);

    /// <summary>The result: as JSON, or as people read it.</summary>
    public void Show(JsonElement result, Action<JsonElement> forPeople)
    {
        if (isJson)
        {
            output.WriteLine(JsonSerializer.Serialize(result, Json.Readable));
        }
        else
        {
            forPeople(result);
        }
    }

    /// <summary>As <see cref="Show(JsonElement, Action{JsonElement})"/>, of what the command made itself.</summary>
    public void Show(JsonNode result, Action forPeople) =>
        Show(JsonSerializer.SerializeToElement(result, Json.Readable), _ => forPeople());
}
