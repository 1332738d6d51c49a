using System.Net;
using System.Text;
using DurableSessions.Http.Tests.BadInput;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

/// <summary>What agents' clients send without knowing better: it is stored, since a client that is refused loses it.</summary>
public sealed class DoorTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Head = "POST /api/v1/sessions/{id}/messages HTTP/1.1";

    private const string MistypedParts =
        """[{"type":1},{"type":"text","text":1},{"type":"context","context_type":"dream","abstract":[]},"""
        + """{"type":"tool","tool_id":1,"tool_name":{},"tool_status":2,"duration_ms":"1","prompt_tokens":0.5,"tool_output":null}]""";

    private const string ImagesWithoutAddress =
        """[{"type":"image_url"},{"type":"image_url","image_url":""},{"type":"image_url","image_url":{"url":" ","detail":1}}]""";

    private static readonly Dictionary<string, (string Body, string Stored, int Replaced)> s_taken = new()
    {
        ["half a pair"] = ("""{"role":"user","content":"a\ud83d"}""", "\"text\":\"a\\ufffd\"}", 1),
        ["the other half"] = ("""{"role":"user","content":"\udc00b"}""", "\"text\":\"\\ufffdb\"}", 1),
        ["a pair the wrong way round"] = ("""{"role":"user","content":"\udc00\uD83D"}""", "\"text\":\"\\ufffd\\ufffd\"}", 2),
        ["two first halves"] = ("""{"role":"user","content":"\ud83d\ud83d\ude00"}""", "\"text\":\"\\ufffd\\ud83d\\ude00\"}", 1),
        ["no half, but a backslash before one"] = (
            """{"role":"user","content":"\\ud83d \u0000\ud83d\ude00"}""", "\"text\":\"\\\\ud83d \\u0000\\ud83d\\ude00\"}", 0),
        ["half a pair in a tool's input"] = (
            """{"role":"user","parts":[{"type":"tool","tool_input":{"a":["\ud83d"]}}]}""",
            "\"tool_input\":{\"a\":[\"\\ufffd\"]}}", 1),
        ["half a pair in a name"] = ("""{"role":"user","parts":[{"type":"x","\ud83d":1}]}""", """{"type":"x","\ufffd":1}""", 1),
        ["half a pair in a role"] = ("""{"role":"us\ud83d","content":"x"}""", "\"role\":\"us\uFFFD\"", 1),
        ["a name that comes twice"] = (
            """{"role":"a","role":"user","parts":[{"type":"text","text":"1","t\u0065xt":"2","n":1.50}]}""",
            "\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"2\",\"n\":1.50}]", 0),
        ["an empty role"] = ("""{"role":"","content":"x"}""", "\"role\":\"\"", 0),
        ["a role of two lines"] = ("""{"role":"user\n","content":"x"}""", "\"role\":\"user\\n\",", 0),
        ["a long role"] = ($$"""{"role":"{{new string('r', 4096)}}","content":"x"}""", new string('r', 4096), 0),
        ["a working directory for a peer"] = (
            $$"""{"role":"user","content":"x","peer_id":"-{{new string('p', 4094)}}-"}""",
            $"\"peer_id\":\"-{new string('p', 4094)}-\"", 0),
        ["a path for a peer"] = (
            """{"role":"user","content":"x","peer_id":" /home/ann/a b/../c\\d "}""", "\"peer_id\":\"/home/ann/a b/../c\\\\d\"}", 0),
        ["an empty peer"] = ("""{"role":"user","content":"x","peer_id":"  "}""", """+00:00"}]""", 0),
        ["an unknown kind"] = ("""{"role":"user","content":"x","message_kind":"song"}""", "\"message_kind\":\"song\"}", 0),
        ["a long turn"] = ($$"""{"role":"user","content":"x","turn_id":"{{new string('t', 4096)}}"}""", new string('t', 4096), 0),
        ["many sources"] = (
            $$"""{"role":"user","content":"x","source_message_ids":[{{string.Join(',', Enumerable.Repeat("\"\"", 1000))}}]}""",
            "\"source_message_ids\":[\"\",", 0),
        ["malformed telemetry"] = ("""{"role":"user","content":"x","telemetry":"yes"}""", "\"text\":\"x\"", 0),
        ["a part without anything"] = ("""{"role":"user","parts":[{}]}""", "\"parts\":[{}]", 0),
        ["a text part without text"] = ("""{"role":"user","parts":[{"type":"text"}]}""", """[{"type":"text"}]""", 0),
        ["numbers where texts belong"] = ($$"""{"role":"user","parts":{{MistypedParts}}}""", MistypedParts, 0),
        ["images without an address"] = (
            $$"""{"role":"user","parts":{{ImagesWithoutAddress}}}""", ImagesWithoutAddress, 0),
        ["a tool's input of 250 levels"] = (
            $$"""{"role":"user","parts":[{"type":"tool","tool_input":{{new string('[', 250)}}{{new string(']', 250)}}}]}""",
            new string('[', 250), 0),
    };

    public static TheoryData<string> Names { get; } = [.. s_taken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_taken_kept_and_committed(string name)
    {
        (string body, string stored, int replaced) = s_taken[name];
        await TakenAsync(Encoding.UTF8.GetBytes(body), stored, replaced);
    }

    [Fact]
    public Task Bytes_that_are_no_UTF_8_are_replaced() => TakenAsync(
        [.. "{\"role\":\"user\",\"content\":\"a"u8, 0xC3, 0x28, 0xED, 0xA0, 0xBD, .. "\"}"u8],
        "\"text\":\"a\uFFFD(\uFFFD\uFFFD\uFFFD\"",
        4);

    [Fact]
    public Task A_byte_order_mark_is_taken_off() =>
        TakenAsync([0xEF, 0xBB, 0xBF, .. """{"role":"user","content":"x"}"""u8], "\"text\":\"x\"", 0);

    [Fact]
    public async Task A_cut_emoji_costs_its_batch_nothing()
    {
        string id = ApiFixture.NewSession();
        Reply added = await api.PostAsync(
            $"/api/v1/sessions/{id}/messages/batch",
            """
            {"messages":[
            {"role":"user","content":"before"},
            {"role":"assistant","content":"cut \ud83d"},
            {"role":"user","content":"after"}]}
            """);
        Assert.Equal(3, added.Succeeded().Result.GetProperty("added").GetInt32());
        Assert.Equal("1", added.Header("X-Replaced-Characters"));
        Reply context = await api.GetAsync($"/api/v1/sessions/{id}/context");
        Assert.Equal(
            ["before", "cut \uFFFD", "after"],
            context.Result.GetProperty("messages").EnumerateArray()
                .Select(static m => m.GetProperty("parts")[0].GetProperty("text").GetString()!));
    }

    [Fact]
    public async Task The_same_key_with_a_cut_emoji_is_the_same_request()
    {
        string id = ApiFixture.NewSession();
        (string, string) key = ("Idempotency-Key", $"k-{Guid.NewGuid()}");
        Reply first = await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"\ud83d"}""", key);
        Reply again = await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"\ud83d"}""", key);
        Assert.Equal(first.ResultText(), again.ResultText());
    }

    [Theory]
    [InlineData("\"message_id\":\"m-1\"")]
    [InlineData("\"source_message_ids\":[\"m-1\"]")]
    public async Task A_message_that_its_client_names_is_stored_once(string name)
    {
        string id = ApiFixture.NewSession();
        string batch = $$"""{"messages":[{"role":"user","content":"a",{{name}}},{"role":"user","content":"b"}]}""";
        Reply first = await api.PostAsync($"/api/v1/sessions/{id}/messages/batch", batch);
        Assert.False(first.Succeeded().Result.TryGetProperty("repeated", out _));
        Reply again = await api.PostAsync($"/api/v1/sessions/{id}/messages", $$"""{"role":"user","content":"a",{{name}}}""");
        Assert.Equal(1, again.Succeeded().Result.GetProperty("repeated").GetInt32());
        Assert.Equal(first.Result.GetProperty("message_ids")[0].GetString(), again.Result.GetProperty("message_ids")[0].GetString());
        Assert.Equal(2, again.Result.GetProperty("message_count").GetInt32());
    }

    [Fact]
    public async Task What_is_too_large_as_it_is_stored_is_refused()
    {
        string sources = string.Join(',', Enumerable.Repeat($"\"{new string('\u007f', 4096)}\"", 1000));
        Reply reply = await api.PostAsync(
            $"/api/v1/sessions/{ApiFixture.NewSession()}/messages",
            $$"""{"role":"user","content":"x","source_message_ids":[{{sources}}]}""");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
        Assert.Equal(
            "The messages of one request, as they are stored: at most 16777216 bytes.", reply.Error.GetProperty("message").GetString());
    }

    private async Task TakenAsync(byte[] body, string stored, int replaced)
    {
        string id = ApiFixture.NewSession();
        var request = new BadRequest("", 200, "", null, Head.Replace("{id}", id, StringComparison.Ordinal), body);
        RawReply reply = await RawClient.SendAsync(api.Address, request.FullHead(), body);
        Assert.True(reply.Status == 200, $"{reply.Status} {reply.Body}");
        IEnumerable<int> counts = reply.Headers
            .Where(static h => h.StartsWith("X-Replaced-Characters: ", StringComparison.Ordinal))
            .Select(static h => int.Parse(h[23..]));
        Assert.Equal(replaced, counts.SingleOrDefault());
        Assert.Contains(stored, (await api.GetAsync($"/api/v1/sessions/{id}/context")).Text, StringComparison.Ordinal);

        // A context that it does not fit into cuts it; a commit digests it; and the archive has it as it was.
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync($"/api/v1/sessions/{id}/context?token_budget=1")).Status);
        Reply commit = await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60");
        Assert.Equal("completed", commit.Succeeded().Result.GetProperty("task").GetProperty("status").GetString());
        Assert.Contains(stored, (await api.GetAsync($"/api/v1/sessions/{id}/archives/archive_001")).Text, StringComparison.Ordinal);
    }
}
