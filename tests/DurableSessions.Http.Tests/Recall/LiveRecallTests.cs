using System.Net;
using System.Text.Json;
using DurableSessions.Core.Memories;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests.Recall;

/// <summary>Messages are found before their commit, and narrowed by what they are: session, role, peer, time.</summary>
public sealed class LiveRecallTests(ApiFixture api) : RecallTest(api)
{
    private const string Find = "/api/v1/search/find";
    private const string Search = "/api/v1/search/search";

    [Theory]
    [InlineData(Find)]
    [InlineData(Search)]
    public async Task A_message_is_found_cited_and_read_before_its_commit(string path)
    {
        string session = ApiFixture.NewSession();
        await SayAsync(session, "user", null, "2026-03-01", "The staging database moved to port 6543.");
        JsonElement hit = Assert.Single(await HitsAsync(path, new { query = "Which port does the staging database listen on?" }));
        string uri = $"{Home}/sessions/{session}";
        Assert.Equal((uri, "sessions"), (hit.GetProperty("uri").GetString(), hit.GetProperty("category").GetString()));
        Assert.Equal((session, null), (hit.GetProperty("session_id").GetString(), hit.GetProperty("archive_id").GetString()));
        Assert.Equal("The staging database moved to port 6543.", hit.GetProperty("message").GetProperty("snippet").GetString());
        Assert.StartsWith("[2026-03-01] user: The staging", hit.GetProperty("abstract").GetString(), StringComparison.Ordinal);
        Reply read = await GetAsync("/api/v1/content/read" + Uri(uri));
        Assert.EndsWith(
            "] user: The staging database moved to port 6543.\n", read.Succeeded().Result.GetString(), StringComparison.Ordinal);
        Reply found = await GetAsync("/api/v1/memories/search?q=staging");
        Assert.Equal("session", Assert.Single(found.Succeeded().Result.EnumerateArray()).GetProperty("type").GetString());

        (await PostAsync($"/api/v1/sessions/{session}/commit?wait=60", new { })).Succeeded();
        hit = Assert.Single(await HitsAsync(path, new { query = "staging database" }));
        Assert.Equal("archive_001", hit.GetProperty("archive_id").GetString());
    }

    [Fact]
    public async Task A_prompt_gets_live_messages_of_other_sessions_each_once_and_none_of_its_own()
    {
        string session = ApiFixture.NewSession();
        string other = ApiFixture.NewSession();
        await SayAsync(session, "user", null, "2026-03-01", "the zeppelin lands");
        Assert.Empty(await EntriesAsync());
        await SayAsync(other, "user", null, "2026-03-01", "the zeppelin starts");
        Assert.Equal(["zeppelin starts"], await EntriesAsync());
        Assert.Empty(await EntriesAsync());

        // The same place, and another message.
        await SayAsync(other, "user", null, "2026-03-01", "zeppelin zeppelin");
        Assert.Equal(["zeppelin zeppelin"], await EntriesAsync());

        async Task<IEnumerable<string>> EntriesAsync()
        {
            Reply reply = await PostAsync(Search, new { query = "zeppelin", mode = "context", session_id = session, dedup_turns = 5 });
            return
            [
                .. Texts(reply.Succeeded().Result.GetProperty("entries"), "text")
                    .Select(static t => string.Join(' ', t!.Split(' ')[^2..])),
            ];
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hits_are_narrowed_by_what_they_are(bool isCommitted)
    {
        await RememberAsync("preferences/gulls", "pelicans, not gulls");
        await RememberAsync("entities/zoo", "The zoo has pelicans.");
        string one = ApiFixture.NewSession();
        string two = ApiFixture.NewSession();
        await SayAsync(one, "user", "bob", "2026-03-01T10:00:00Z", "pelican one");
        await SayAsync(one, "assistant", null, "2026-03-02T10:00:00Z", "pelican two");
        await SayAsync(two, "user", null, "2026-03-03T10:00:00Z", "pelican three");
        foreach (string session in isCommitted ? (string[])[one, two] : [])
        {
            (await PostAsync($"/api/v1/sessions/{session}/commit?wait=60", new { })).Succeeded();
        }

        string[] sessions = ["pelican one", "pelican three"];
        string[] memories = ["entities", "preferences"];
        Assert.Equal(
            memories.Concat(sessions).Order(),
            (await FoundAsync(null)).Select(static f => f == "pelican two" ? "pelican one" : f).Order());
        Assert.Equal(["pelican three"], await FoundAsync(new { session_id = two }));
        Assert.Equal(["pelican one"], await FoundAsync(new { session_id = one, role = "user" }));
        Assert.Equal(["pelican two"], await FoundAsync(new { role = "assistant" }));
        Assert.Equal(["pelican one"], await FoundAsync(new { peer_id = "bob" }));
        Assert.Empty(await FoundAsync(new { peer_id = "eve" }));
        Assert.Equal(["pelican three", "pelican two"], await FoundAsync(new { since = "2026-03-02", category = "sessions" }));
        Assert.Equal(["pelican one"], await FoundAsync(new { until = "2026-03-01" }));
        Assert.Equal(["pelican one"], await FoundAsync(new { until = "2026-03-01T10:00:00Z" }));
        Assert.Empty(await FoundAsync(new { until = "2026-03-01T09:59:59Z" }));
        Assert.Equal(["pelican two"], await FoundAsync(new { since = "2026-03-02T10:00:00+00:00", until = "2026-03-02" }));
        Assert.Equal(["preferences"], await FoundAsync(new { category = "preferences" }));
        Assert.Equal(memories, await FoundAsync(new { since = "1h" }));
        Assert.Equal(memories, await FoundAsync(null, since: "1h"));

        async Task<string[]> FoundAsync(object? filter, string? since = null) =>
        [
            .. (await HitsAsync(Find, new { query = "pelicans", filter, since })).Select(static h =>
                h.TryGetProperty("message", out JsonElement message)
                    ? message.GetProperty("snippet").GetString()!
                    : h.GetProperty("category").GetString()!).Order(),
        ];
    }

    /// <summary>What is of another project's directory does not show in this one's.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_sees_its_own_and_what_names_none(bool isCommitted)
    {
        (string Peer, string Session)[] said = [.. ((string[])["bob", "eve", ""]).Select(static p => (p, ApiFixture.NewSession()))];
        foreach ((string peer, string session) in said)
        {
            await SayAsync(session, "user", peer, "2026-03-01", $"pelican of {peer}");
            if (isCommitted)
            {
                (await PostAsync($"/api/v1/sessions/{session}/commit?wait=60", new { })).Succeeded();
            }
        }

        await RememberAsync("entities/zoo", "The zoo has pelicans.");
        const string All = "";
        Assert.Equal([All, "bob", "eve"], await SeenAsync(Find, null, null));
        Assert.Equal([All, "bob"], await SeenAsync(Find, null, "bob"));
        Assert.Equal([All, "bob"], await SeenAsync(Search, null, "bob"));
        Assert.Equal([All, "bob", "eve"], await SeenAsync(Find, "all", "bob"));
        Assert.Equal([All], await SeenAsync(Find, "actor", null));
        Assert.Equal([All, "bob", "eve"], await SeenInContextAsync(null, "bob"));
        Assert.Equal([All, "bob"], await SeenInContextAsync("actor", "bob"));
        Assert.Equal([All], await SeenInContextAsync("actor", null));

        // Nor by the line of its archive.
        if (isCommitted)
        {
            Assert.Equal(3, (await HitsAsync(Find, new { query = "message" })).Length);
            Assert.Equal(2, (await HitsAsync(Find, new { query = "message" }, "bob")).Length);
        }

        async Task<string[]> SeenAsync(string path, string? scope, string? peer)
        {
            JsonElement[] hits = await HitsAsync(path, new { query = "pelican", peer_scope = scope }, peer);
            Assert.Contains(hits, static h => h.GetProperty("category").GetString() == "entities");
            return
            [
                .. hits.Where(static h => h.TryGetProperty("message", out _))
                    .Select(h => said.Single(s => s.Session == h.GetProperty("session_id").GetString()).Peer).Order(),
            ];
        }

        async Task<string[]> SeenInContextAsync(string? scope, string? peer)
        {
            Reply reply = await PostAsync(Search, new { query = "pelican", mode = "context", peer_scope = scope }, peer);
            return
            [
                .. Texts(reply.Succeeded().Result.GetProperty("entries"), "uri")
                    .Where(static u => u!.Contains("/sessions/", StringComparison.Ordinal))
                    .Select(u => said.Single(s => u!.Contains(s.Session, StringComparison.Ordinal)).Peer).Order(),
            ];
        }
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("..")]
    public async Task A_peer_that_is_none_is_refused_by_its_header(string peer)
    {
        foreach (string path in (string[])[Find, Search, "/api/v1/search/recall"])
        {
            Reply refused = await PostAsync(path, new { query = "tea" }, peer);
            Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
            Assert.StartsWith(
                "header.X-OpenViking-Actor-Peer: must be one peer, as 1 to 512 characters",
                refused.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain("mode", refused.Text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_peer_has_no_more_characters_than_are_allowed()
    {
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(Find, new { query = "tea" }, new string('a', MemoryPeer.MaxLength))).Status);
        Assert.Equal(
            HttpStatusCode.BadRequest, (await PostAsync(Find, new { query = "tea" }, new string('a', MemoryPeer.MaxLength + 1))).Status);
    }

    private async Task SayAsync(string session, string role, string? peer, string at, string content)
    {
        var message = new { role, content, created_at = at, peer_id = peer };
        (await PostAsync($"/api/v1/sessions/{session}/messages", message)).Succeeded();
    }

    private async Task<JsonElement[]> HitsAsync(string path, object body, string? peer = null) =>
        [.. (await PostAsync(path, body, peer)).Succeeded().Result.GetProperty("memories").EnumerateArray()];

    private Task<Reply> PostAsync(string path, object body, string? peer) => Api.SendAsync(
        HttpMethod.Post,
        path,
        JsonSerializer.Serialize(body),
        [("X-OpenViking-User", User), .. peer is null ? [] : ((string, string)[])[(ActorPeer.Header, peer)]]);
}
