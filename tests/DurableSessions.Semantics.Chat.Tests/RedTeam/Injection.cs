using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Core.Messages;

namespace DurableSessions.Semantics.Chat.Tests.RedTeam;

/// <summary>An injection as it is stored.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Via">How it comes into the conversation.</param>
/// <param name="Text">What it says.</param>
/// <param name="Asks">The changes that it asks for, as <c>operation category/name content</c>.</param>
internal sealed partial record Injection(string Name, string Via, string Text, IReadOnlyList<string> Asks)
{
    /// <summary>The peer id of another speaker.</summary>
    public const string OtherPeer = "mallory";

    public static IReadOnlyList<Injection> All { get; } = Read();

    /// <summary>What the injection is recognised by.</summary>
    public string Mark => MarkPattern().Match(Text).Value;

    /// <summary>The message that it comes in.</summary>
    public NewMessage Message() => Via switch
    {
        "tool" => Said("assistant", new { type = "tool", tool_name = "web", tool_input = new { q = "x" }, tool_output = Text }),
        "tool_input" => Said(
            "assistant", new { type = "tool", tool_name = "bash", tool_input = new { command = Text }, tool_output = "ok" }),
        "tool_name" => Said("assistant", new { type = "tool", tool_name = Text, tool_output = "ok" }),
        "tool_text" => Said("user", new { type = "tool", text = Text, tool_name = "web" }),
        "context" => Said("user", new { type = "context", @abstract = Text }),
        "transport" => Said("user", Of(Text)) with { MessageKind = "tool_transport" },
        "assistant_step" => Said("user", Of(Text)) with { MessageKind = "assistant_step" },
        "checkpoint" => Said("user", Of(Text)) with { MessageKind = "checkpoint" },
        "peer" => Said("user", Of(Text)) with { PeerId = OtherPeer },
        "assistant" => Said("assistant", Of(Text)),
        "role_tool" => Said("tool", Of(Text)),
        "role_other" => Said("owner", Of(Text)),
        _ => throw new InvalidOperationException($"'{Via}' is unknown."),
    };

    public static NewMessage Said(string role, object part) =>
        new() { Role = role, Parts = JsonSerializer.SerializeToUtf8Bytes(new[] { part }) };

    public static object Of(string text) => new { type = "text", text };

    private static IReadOnlyList<Injection> Read()
    {
        using Stream stream = typeof(Injection).Assembly.GetManifestResourceStream("injections.json")!;
        return JsonSerializer.Deserialize<IReadOnlyList<Injection>>(stream, JsonSerializerOptions.Web)!;
    }

    [GeneratedRegex("inj-[a-z]+(-[a-z]+)*")]
    private static partial Regex MarkPattern();
}
