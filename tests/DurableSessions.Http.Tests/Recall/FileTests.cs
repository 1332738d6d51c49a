using System.Net;
using System.Text.Json;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests.Recall;

/// <summary>Memories and archives as folders and files.</summary>
public sealed class FileTests(ApiFixture api) : RecallTest(api)
{
    private const string Files = "/api/v1/fs";

    [Fact]
    public async Task A_plugin_finds_who_the_user_is_and_what_there_is()
    {
        await RememberAsync("profile/name", "Ann, engineer.\n");
        await RememberAsync("profile/place", "Lives in Oslo.");
        await RememberAsync("preferences/tea", "Drinks green tea.\nNever coffee.");
        await RememberAsync("entities/bob", "Bob repairs bicycles.");

        // As the plugins' start does.
        Reply users = await GetAsync($"{Files}/ls?uri=viking%3A%2F%2Fuser&output=original");
        JsonElement user = Assert.Single(users.Succeeded().Result.EnumerateArray());
        Assert.Equal(User, user.GetProperty("name").GetString());
        Assert.True(user.GetProperty("isDir").GetBoolean());
        Reply profile = await GetAsync($"/api/v1/content/read{Uri($"{Home}/memories/profile.md")}");
        Assert.Equal("Ann, engineer.\n\nLives in Oslo.", profile.Succeeded().Result.GetString());
        Reply listed = await GetAsync(
            $"{Files}/ls{Uri($"{Home}/memories/preferences")}&output=agent&recursive=true&abs_limit=512&node_limit=512");
        JsonElement entry = Assert.Single(listed.Succeeded().Result.EnumerateArray());
        string time = entry.GetProperty("modTime").GetString()!;
        Assert.Equal(
            $$"""
            {"name":"tea.md","rel_path":"tea.md","uri":"{{Home}}/memories/preferences/tea.md","isDir":false,"modTime":"{{time}}",
            "abstract":"Drinks green tea."}
            """.ReplaceLineEndings(""),
            entry.GetRawText());

        Assert.Equal(
            ["entities", "entities/bob.md", "preferences", "preferences/tea.md", "profile", "profile/name.md", "profile/place.md"],
            Texts((await GetAsync($"{Files}/ls{Uri("viking://~/memories")}&recursive=true")).Succeeded().Result, "rel_path")
                .Where(static p => p is not ("events" or "cases")).Order());
        Reply simple = await GetAsync($"{Files}/ls{Uri("viking://~/memories")}&recursive=true&simple=true&limit=1&node_limit=5");
        Assert.Equal(["profile"], simple.Succeeded().Result.EnumerateArray().Select(static e => e.GetString()));
        Reply most = await GetAsync($"{Files}/ls{Uri("viking://~/memories/entities")}&node_limit=20000");
        Assert.Equal(["bob.md"], Texts(most.Succeeded().Result, "name"));
        Reply cut = await GetAsync($"{Files}/ls{Uri("viking://~/memories/entities")}&abs_limit=3");
        Assert.Equal("Bob", cut.Succeeded().Result[0].GetProperty("abstract").GetString());
        Assert.Equal("[]", (await GetAsync($"{Files}/ls{Uri("viking://resources/")}&recursive=false&simple=false")).ResultText());
        Assert.Equal("[]", (await GetAsync($"{Files}/ls{Uri("viking://~/skills")}")).ResultText());
        Assert.Equal(["memories", "sessions"], Texts((await GetAsync($"{Files}/ls{Uri("viking://~")}")).Succeeded().Result, "name"));
    }

    [Fact]
    public async Task Archives_are_listed_and_read()
    {
        string session = await CommitAsync(ApiFixture.NewSession(), "one", "two\nlines");
        await CommitAsync(session, "three");
        string history = $"{Home}/sessions/{session}/history";
        Assert.Equal([session], Texts((await GetAsync($"{Files}/ls{Uri("viking://~/sessions")}")).Succeeded().Result, "name"));
        Assert.Equal(["history"], Texts((await GetAsync($"{Files}/ls{Uri($"viking://~/sessions/{session}")}")).Succeeded().Result, "name"));
        Reply archives = await GetAsync($"{Files}/ls{Uri(history)}");
        Assert.Equal(["archive_002", "archive_001"], Texts(archives.Succeeded().Result, "name"));
        Assert.All(archives.Result.EnumerateArray(), static a => Assert.NotEqual("", a.GetProperty("abstract").GetString()));
        Reply first = await GetAsync($"{Files}/ls{Uri(history)}&node_limit=1");
        Assert.Equal(["archive_002"], Texts(first.Succeeded().Result, "name"));
        Assert.Equal("true", first.Header("X-Truncated"));
        Assert.False(archives.Headers.Contains("X-Truncated"));
        Assert.Equal(
            ["archive_002", "archive_002/.abstract.md", "archive_002/.overview.md", "archive_002/messages.jsonl", "archive_001"],
            Texts((await GetAsync($"{Files}/ls{Uri(history)}&recursive=true&node_limit=5")).Succeeded().Result, "rel_path"));

        string overview = await ReadAsync("overview", $"{history}/archive_001");
        Assert.NotEqual("", overview);
        Assert.Equal(overview, await ReadAsync("read", $"{history}/archive_001/.overview.md"));
        Assert.Equal(
            $"{overview}\n\n[2026-01-31] user: one\n[2026-01-31] user: two\nlines\n", await ReadAsync("read", $"{history}/archive_001"));
        string[] lines = (await ReadAsync("read", $"{history}/archive_001/messages.jsonl")).Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal("two\nlines", JsonDocument.Parse(lines[1]).RootElement.GetProperty("parts")[0].GetProperty("text").GetString());

        // A session's own are those of its newest archive.
        Assert.Equal(await ReadAsync("abstract", $"{history}/archive_002"), await ReadAsync("abstract", $"{Home}/sessions/{session}"));
        Assert.Equal(await ReadAsync("overview", $"{history}/archive_002"), await ReadAsync("overview", history));
        Assert.Equal(
            """{"tool_results":[]}""",
            (await GetAsync($"/api/v1/sessions/{session}/tool-results?tool_name=bash&limit=200")).ResultText());
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/api/v1/sessions/none/tool-results")).Status);

        async Task<string> ReadAsync(string what, string uri) =>
            (await GetAsync($"/api/v1/content/{what}{Uri(uri)}")).Succeeded().Result.GetString()!;
    }

    [Fact]
    public async Task All_sessions_are_listed_or_said_to_be_more()
    {
        for (int i = 0; i < 5; i++)
        {
            (await PostAsync("/api/v1/sessions", new { session_id = $"s{i}" })).Succeeded();
        }

        Reply all = await GetAsync($"{Files}/ls{Uri("viking://~/sessions")}&node_limit=5");
        Assert.Equal(["s0", "s1", "s2", "s3", "s4"], Texts(all.Succeeded().Result, "name").Order());
        Assert.False(all.Headers.Contains("X-Truncated"));
        Reply some = await GetAsync($"{Files}/ls{Uri("viking://~/sessions")}&node_limit=4");
        Assert.Equal(4, some.Succeeded().Result.GetArrayLength());
        Assert.Equal("true", some.Header("X-Truncated"));
    }

    [Fact]
    public async Task A_memory_is_deleted_by_its_uri_and_nothing_else_is()
    {
        await RememberAsync("preferences/tea", "green");
        string session = await CommitAsync(ApiFixture.NewSession(), "one");
        string uri = $"{Home}/memories/preferences/tea.md";
        Assert.Equal(HttpStatusCode.NotFound, (await Api.SendAsync(HttpMethod.Delete, $"{Files}{Uri(uri)}", null)).Status);
        Assert.Equal("green", (await GetAsync($"/api/v1/content/read{Uri(uri)}")).Succeeded().Result.GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await DeleteAsync($"{Home}/sessions/{session}")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await DeleteAsync($"{Home}/memories")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync($"{Home}/memories/preferences/none.md")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync("viking://resources/a.md")).Status);

        Assert.Equal($$"""{"uri":"{{uri}}","estimated_deleted_count":1}""", (await DeleteAsync(uri)).ResultText());
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"/api/v1/content/read{Uri(uri)}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync(uri)).Status);

        Task<Reply> DeleteAsync(string of) => SendAsync(HttpMethod.Delete, $"{Files}{Uri(of)}&recursive=true");
    }

    [Theory]
    [InlineData("viking://user/another/memories")]
    [InlineData("viking://user/another")]
    [InlineData("viking://~/sessions/none")]
    [InlineData("viking://~/sessions/none/history")]
    [InlineData("viking://~/sessions/none/history/archive_001")]
    [InlineData("viking://~/memories/dreams")]
    public async Task A_folder_that_is_not_there_is_not_found(string uri)
    {
        Reply reply = await GetAsync($"{Files}/ls{Uri(uri)}");
        Assert.Equal(HttpStatusCode.NotFound, reply.Status);
        Assert.Equal("directory", reply.Error.GetProperty("details").GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("?uri=/memories", "query.uri")]
    [InlineData("?uri=viking://~&output=tree", "query.output")]
    [InlineData("?uri=viking://~&node_limit=0", "query.node_limit")]
    [InlineData("?uri=viking://~&abs_limit=-1", "query.abs_limit")]
    [InlineData("?uri=viking://~&recursive=2", "query.recursive")]
    public async Task A_listing_that_does_not_fit_is_refused_by_its_field(string query, string field)
    {
        Reply refused = await GetAsync($"{Files}/ls{query}");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.StartsWith(field + ": ", refused.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
