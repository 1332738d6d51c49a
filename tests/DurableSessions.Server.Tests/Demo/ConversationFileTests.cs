using System.Globalization;
using System.Text;
using DurableSessions.Server.Demo.Conversations;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Demo;

public sealed class ConversationFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_JSON_array_of_messages_with_texts()
    {
        IReadOnlyList<ConversationMessage> messages = await ReadAsync("c.json", """
            [
              {"role":"user","content":"Zürich 你好 \u2028 𝄞"},
              {"role":"assistant","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]}
            ]
            """);

        Assert.Equal(["user", "assistant"], messages.Select(message => message.Role));
        Assert.Equal("Zürich 你好 \u2028 𝄞", (string?)messages[0].Parts[0]!["text"]);
        Assert.Equal("""[{"type":"text","text":"one"},{"type":"text","text":"two"}]""", messages[1].Parts.ToJsonString());
    }

    [Fact]
    public async Task A_transcript_of_Claude_Code_with_its_tools()
    {
        const string ToolUse = """{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls"}}""";
        const string Texts = """[{"type":"text","text":"a"},{"type":"text","text":"b"}]""";
        IReadOnlyList<ConversationMessage> messages = await ReadAsync("c.jsonl", $$$"""
            {"type":"summary","summary":"Something"}
            {"type":"user","isMeta":true,"message":{"role":"user","content":"Caveat"}}
            {"type":"user","message":{"role":"user","content":"List the files"}}
            {"type":"assistant","message":{"role":"assistant","content":[{"type":"thinking","thinking":"Hm"}]}}
            {"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"Yes."},{{{ToolUse}}}]}}

            {"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":{{{Texts}}}}]}}
            {"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":"no"}]}}
            {"type":"assistant","isSidechain":true,"message":{"role":"assistant","content":"Elsewhere"}}
            """);

        Assert.Equal(
            [
                """user [{"type":"text","text":"List the files"}]""",
                """assistant [{"type":"text","text":"Yes."},"""
                + """{"type":"tool","tool_id":"t1","tool_name":"Bash","tool_status":"running","tool_input":{"command":"ls"}}]""",
                """user [{"type":"tool","tool_id":"t1","tool_name":"Bash","tool_status":"completed","tool_output":"a\nb"}]""",
                """user [{"type":"tool","tool_id":"t1","tool_name":"Bash","tool_status":"error","tool_output":"no"}]""",
            ],
            messages.Select(message => $"{message.Role} {message.Parts.ToJsonString()}"));
    }

    [Fact]
    public async Task JSON_lines_of_messages_with_a_byte_order_mark_and_carriage_returns()
    {
        IReadOnlyList<ConversationMessage> messages = await ReadAsync(
            "c.JSONL", "\uFEFF{\"role\":\"user\",\"content\":\"a\"}\r\n\r\n{\"role\":\"user\",\"content\":\"b\"}");

        Assert.Equal(["a", "b"], messages.Select(message => (string?)message.Parts[0]!["text"]));
    }

    [Theory]
    [InlineData("c.json", "", "not JSON")]
    [InlineData("c.json", "Hello", "line 1: not JSON")]
    [InlineData("c.json", "{}", "neither JSON lines (.jsonl) nor a JSON array")]
    [InlineData("c.json", "[]", "has no messages")]
    [InlineData("c.json", "[\n{\"role\":\"user\",\"content\":\"a\"},\n{\"role\":\"user\"}]", "line 3: the message has no 'content'")]
    [InlineData("c.json", "[\n\n{\"content\":\"a\"}]", "line 3: the message has no 'role'")]
    [InlineData("c.json", "[\n{\"role\":\"user\",\"content\":\"a\"},\n oops]", "line 3: not JSON")]
    [InlineData("c.json", "[{\"role\":\"user\",\"content\":\"a\"}", "line 1: not JSON")]
    [InlineData("c.json", "[7]", "line 1: the message is no JSON object")]
    [InlineData("c.json", "[{\"role\":\"user\",\"content\":7}]", "line 1: 'content' is neither a text nor an array of blocks")]
    [InlineData("c.jsonl", "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"a\"}}\n{\"type\":\"us", "line 2: not JSON")]
    [InlineData("c.jsonl", "{\"role\":\"user\",\"content\":\"\\ud800\"}", "line 1: a text holds half a character")]
    [InlineData("c.json", "[\n{\"role\":\"user\",\"content\":\"\\ud800\"}]", "line 2: a text holds half a character")]
    [InlineData("c.jsonl", "{\"type\":\"summary\"}", "has no messages")]
    [InlineData("c.jsonl", "\n\n[]", "line 3: it is no JSON object")]
    [InlineData("c.jsonl", "{\"type\":\"user\"}", "line 1: it has no 'message'")]
    [InlineData("c.jsonl", "{\"type\":\"user\",\"message\":7}", "line 1: the message is no JSON object")]
    [InlineData("c.jsonl", "{\"role\":\"user\",\"content\":[\"a\"]}", "line 1: a block of 'content' is no JSON object")]
    [InlineData("c.jsonl", "{\"role\":\"user\",\"content\":[{}]}", "line 1: a block of 'content' has no 'type'")]
    [InlineData(
        "c.jsonl",
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\"}]}",
        "line 1: a tool_use block has no 'name'")]
    [InlineData(
        "c.jsonl",
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\"}]}",
        "line 1: a tool_result block has no 'tool_use_id'")]
    public async Task A_file_that_does_not_fit_is_reported_with_its_line_and_problem(string name, string content, string expected)
    {
        ConversationException e = await Assert.ThrowsAsync<ConversationException>(() => ReadAsync(name, content));

        Assert.StartsWith(Path.Combine(_folder.Path, name), e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF_8_are_reported()
    {
        string path = Path.Combine(_folder.Path, "c.json");
        await File.WriteAllBytesAsync(path, [.. """[{"role":"user","content":"a"""u8, 0xFF, .. "\"}]"u8]);

        ConversationException e = await Assert.ThrowsAsync<ConversationException>(
            () => ConversationFile.ReadAsync(path, CancellationToken.None));

        Assert.Contains("not UTF-8", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_reported()
    {
        string path = Path.Combine(_folder.Path, "missing.json");

        ConversationException e = await Assert.ThrowsAsync<ConversationException>(
            () => ConversationFile.ReadAsync(path, CancellationToken.None));

        Assert.Contains("cannot be read", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_large_a_file_too_long_a_message_and_too_many_are_reported_with_the_limit()
    {
        string path = Path.Combine(_folder.Path, "large.json");
        await using (FileStream file = File.Create(path))
        {
            file.SetLength(ConversationFile.MaxFileBytes + 1);
        }

        ConversationException e = await Assert.ThrowsAsync<ConversationException>(
            () => ConversationFile.ReadAsync(path, CancellationToken.None));
        Assert.Contains("up to 32 MiB", e.Message, StringComparison.Ordinal);

        string longText = new('a', 1024 * 1024);
        e = await Assert.ThrowsAsync<ConversationException>(() => ReadAsync("c.json", $$"""[{"role":"user","content":"{{longText}}"}]"""));
        Assert.Contains("longer than 1048576 characters", e.Message, StringComparison.Ordinal);

        var lines = new StringBuilder();
        for (int i = 0; i <= ConversationFile.MaxMessages; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $$"""{"role":"user","content":"{{i}}"}""").Append('\n');
        }

        e = await Assert.ThrowsAsync<ConversationException>(() => ReadAsync("c.jsonl", lines.ToString()));
        Assert.Contains("line 2001: there are more than 2000 messages", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<IReadOnlyList<ConversationMessage>> ReadAsync(string name, string content)
    {
        string path = Path.Combine(_folder.Path, name);
        await File.WriteAllTextAsync(path, content);
        return await ConversationFile.ReadAsync(path, CancellationToken.None);
    }
}
