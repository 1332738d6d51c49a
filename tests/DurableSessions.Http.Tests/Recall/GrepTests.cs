using System.Net;
using System.Text.Json;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests.Recall;

/// <summary>Patterns in archives and memories.</summary>
public sealed class GrepTests(ApiFixture api) : RecallTest(api)
{
    private const string Grep = "/api/v1/search/grep";

    [Fact]
    public async Task A_phrase_is_found_in_the_archive_that_has_it()
    {
        string session = await CommitAsync(ApiFixture.NewSession(), "one green kettle");
        await CommitAsync(session, "two");
        await CommitAsync(session, "three", "first line\nthe Green kettle whistles", "last");
        string history = $"{Home}/sessions/{session}/history";
        Reply all = await PostAsync(Grep, new { uri = $"viking://~/sessions/{session}/history", pattern = "[Gg]reen kettle" });
        Assert.Equal(
            JsonSerializer.Serialize(new
            {
                matches = (object[])
                [
                    new { line = 1, uri = $"{history}/archive_001/messages.jsonl", content = "one green kettle" },
                    new { line = 2, uri = $"{history}/archive_003/messages.jsonl", content = "the Green kettle whistles" },
                ],
                count = 2,
                truncated = false,
            }),
            all.ResultText());
        Assert.Equal(1, await CountAsync(new { uri = $"{history}/archive_003", pattern = "Green" }));
        Assert.Equal(0, await CountAsync(new { uri = $"{history}/archive_003", pattern = "green" }));
        string file = $"{history}/archive_003/messages.jsonl";
        Assert.Equal(1, await CountAsync(new { uri = file, pattern = "green", case_insensitive = true }));
        Assert.Equal(2, await CountAsync(new { uri = $"{Home}/sessions/{session}", pattern = "(?i)green(?= kettle)" }));
        Reply first = await PostAsync(Grep, new { uri = history, pattern = "kettle", node_limit = 1 });
        Assert.Equal(1, first.Succeeded().Result.GetProperty("count").GetInt32());
        Assert.True(first.Result.GetProperty("truncated").GetBoolean());

        async Task<int> CountAsync(object body) => (await PostAsync(Grep, body)).Succeeded().Result.GetProperty("count").GetInt32();
    }

    [Fact]
    public async Task All_of_a_user_is_searched_the_newest_first_with_what_is_not_archived()
    {
        string one = await CommitAsync(ApiFixture.NewSession(), "a green kettle");
        (await PostAsync($"/api/v1/sessions/{one}/messages", new { role = "user", content = "no\nits green lid" })).Succeeded();
        await RememberAsync("preferences/tea", "green tea");
        await RememberAsync("preferences/tea?peer=proj", "green tea here");
        string session = $"{Home}/sessions/{one}";
        string[] said = [session, $"{session}/history/archive_001/messages.jsonl"];
        string[] memories = [$"{Home}/memories/preferences/tea.md", $"{Home}/peers/proj/memories/preferences/tea.md"];
        Assert.Equal(said, await FindAsync("viking://~/sessions"));
        Assert.Equal(said, await FindAsync($"{Home}/sessions"));
        Assert.Equal([.. memories, .. said], await FindAsync("viking://~"));
        Assert.Equal(memories[1..], await FindAsync("viking://~/peers"));
        Assert.Equal(memories[1..], await FindAsync("viking://~/peers/proj"));
        Assert.Equal(said.Reverse(), await FindAsync(session));
        Assert.Equal(said[1..], await FindAsync($"{session}/history"));
        Reply live = await PostAsync(Grep, new { uri = session, pattern = "lid" });
        Assert.Equal(
            JsonSerializer.Serialize(new
            {
                matches = (object[])[new { line = 1, uri = session, content = "its green lid" }],
                count = 1,
                truncated = false,
            }),
            live.ResultText());

        async Task<IEnumerable<string?>> FindAsync(string uri) =>
            Texts((await PostAsync(Grep, new { uri, pattern = "green" })).Succeeded().Result.GetProperty("matches"), "uri");
    }

    [Fact]
    public async Task Memories_are_searched_line_by_line()
    {
        await RememberAsync("preferences/tea", "green tea\nnever coffee\nno sugar");
        await RememberAsync("entities/shop", new string('x', 3_000) + " coffee shop");
        Reply reply = await PostAsync(Grep, new { uri = "viking://~/memories", pattern = "coffee" });
        Assert.Equal(2, reply.Succeeded().Result.GetProperty("count").GetInt32());
        JsonElement tea = reply.Result.GetProperty("matches").EnumerateArray().Single(static m => m.GetProperty("line").GetInt32() == 2);
        Assert.Equal("never coffee", tea.GetProperty("content").GetString());
        Assert.Equal($"{Home}/memories/preferences/tea.md", tea.GetProperty("uri").GetString());

        // Of a long line, what is around the match.
        JsonElement shop = reply.Result.GetProperty("matches").EnumerateArray().Single(static m => m.GetProperty("line").GetInt32() == 1);
        Assert.Equal(2_000, shop.GetProperty("content").GetString()!.Length);
        Assert.EndsWith("xx coffee shop", shop.GetProperty("content").GetString(), StringComparison.Ordinal);
        Reply one = await PostAsync(Grep, new { uri = $"{Home}/memories/preferences/tea.md", pattern = "^no" });
        Assert.Equal(1, one.Succeeded().Result.GetProperty("count").GetInt32());
        Reply none = await PostAsync(Grep, new { uri = $"{Home}/memories/preferences/tea.md", pattern = "milk" });
        Assert.Equal("""{"matches":[],"count":0,"truncated":false}""", none.ResultText());
    }

    [Theory]
    [InlineData("viking://user/another/memories")]
    [InlineData("viking://~/sessions/none/history")]
    [InlineData("viking://~/memories/preferences/none.md")]
    [InlineData("viking://resources")]
    public async Task A_place_that_is_not_there_is_not_found(string uri) =>
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(Grep, new { uri, pattern = "x" })).Status);

    [Theory]
    [InlineData("""{"uri":"viking://~/memories"}""", "body.pattern")]
    [InlineData("""{"uri":"viking://~/memories","pattern":""}""", "body.pattern")]
    [InlineData("""{"uri":"viking://~/memories","pattern":"(mode"}""", "body.pattern")]
    [InlineData("""{"pattern":"x"}""", "body.uri")]
    [InlineData("""{"uri":"memories","pattern":"x"}""", "body.uri")]
    [InlineData("""{"uri":"viking://~/memories","pattern":"x","node_limit":1001}""", "body.node_limit")]
    [InlineData("""{"uri":"viking://~/memories","pattern":"x","exclude_uri":"viking://~"}""", "body.exclude_uri")]
    public async Task A_search_that_does_not_fit_is_refused_by_its_field(string body, string field)
    {
        Reply refused = await Api.PostAsync(Grep, body);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.StartsWith(field + ": ", refused.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("mode", refused.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Lines_are_those_that_are_read()
    {
        await RememberAsync("preferences/tea", "green tea\nblack tea");
        Reply reply = await PostAsync(Grep, new { uri = "viking://~/memories", pattern = "black" });
        Assert.Equal(2, reply.Succeeded().Result.GetProperty("matches")[0].GetProperty("line").GetInt32());
        Reply line = await GetAsync($"/api/v1/content/read{Uri("viking://~/memories/preferences/tea.md")}&offset=1&limit=1");
        Assert.Equal("black tea", line.Succeeded().Result.GetString());

        // Only a line feed ends one.
        string session = await CommitAsync(ApiFixture.NewSession(), "a\u2028b\u0085c\r\nd");
        Reply whole = await PostAsync(Grep, new { uri = $"viking://~/sessions/{session}", pattern = "^a.b.c$|^d$" });
        Assert.Equal(["a\u2028b\u0085c", "d"], Texts(whole.Succeeded().Result.GetProperty("matches"), "content"));
    }

    [Fact]
    public async Task Lines_that_are_slow_together_are_refused()
    {
        string slow = new string('a', 22) + "!";
        string session = await CommitAsync(
            ApiFixture.NewSession(), [.. Enumerable.Range(0, 20).Select(_ => string.Join('\n', Enumerable.Repeat(slow, 500)))]);
        Reply refused = await PostAsync(Grep, new { uri = $"viking://~/sessions/{session}", pattern = @"^(a+)+(?=\?)" });
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        string message = refused.Error.GetProperty("message").GetString()!;
        Assert.StartsWith("body.pattern: took more than ", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_that_never_ends_is_refused()
    {
        await RememberAsync("events/long", new string('a', 200) + "!");
        Reply refused = await PostAsync(Grep, new { uri = "viking://~/memories", pattern = @"^(a+)+(?=\?)" });
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        string message = refused.Error.GetProperty("message").GetString()!;
        Assert.StartsWith("body.pattern: took more than 250 ms", message, StringComparison.Ordinal);
    }
}
