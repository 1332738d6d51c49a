using System.Net;
using System.Text.Json;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests.Recall;

/// <summary>What was learnt in one project's directory does not show in another's.</summary>
public sealed class PeerMemoryTests(ApiFixture api) : RecallTest(api)
{
    private const string Header = "X-OpenViking-Actor-Peer";
    private const string Memories = "/api/v1/memories";

    [Fact]
    public async Task What_the_owner_states_in_a_project_is_found_read_and_listed_there_and_in_no_other()
    {
        string session = ApiFixture.NewSession();
        await SayAsync(session, "user", "proj-a", "remember that the pelican deploys on Fridays");
        await SayAsync(session, "assistant", "proj-a", "Noted.");
        (await PostAsync($"/api/v1/sessions/{session}/commit?wait=60", new { })).Succeeded();
        JsonElement memory = Assert.Single((await GetAsync($"{Memories}?peer=proj-a")).Succeeded().Result.EnumerateArray());
        string uri = memory.GetProperty("uri").GetString()!;
        Assert.StartsWith($"{Home}/peers/proj-a/memories/events/", uri, StringComparison.Ordinal);
        Assert.Equal("proj-a", memory.GetProperty("peer_id").GetString());
        Assert.Equal("[]", (await GetAsync(Memories)).ResultText());
        Assert.Equal("[]", (await GetAsync($"{Memories}?peer=proj-b")).ResultText());

        Assert.True(await IsFoundAsync("/api/v1/search/find", new { query = "pelican" }, "proj-a", uri));
        Assert.False(await IsFoundAsync("/api/v1/search/find", new { query = "pelican" }, "proj-b", uri));
        Assert.True(await IsFoundAsync("/api/v1/search/find", new { query = "pelican", peer_scope = "all" }, "proj-b", uri));
        object actor = new { query = "pelican", mode = "context", peer_scope = "actor" };
        Assert.True(await IsFoundAsync("/api/v1/search/search", actor, "proj-a", uri));
        Assert.False(await IsFoundAsync("/api/v1/search/search", actor, "proj-b", uri));
        Assert.False(await IsFoundAsync("/api/v1/search/search", actor, null, uri));

        // Without a scope too; who wants the memories of all projects says so, or names none.
        object unscoped = new { query = "pelican", mode = "context" };
        Assert.True(await IsFoundAsync("/api/v1/search/search", unscoped, "proj-a", uri));
        Assert.False(await IsFoundAsync("/api/v1/search/search", unscoped, "proj-b", uri));
        Assert.True(await IsFoundAsync("/api/v1/search/search", unscoped, null, uri));
        object everywhere = new { query = "pelican", mode = "context", peer_scope = "all" };
        Assert.True(await IsFoundAsync("/api/v1/search/search", everywhere, "proj-b", uri));

        foreach (string path in (string[])[$"/api/v1/content/read{Uri(uri)}", $"/api/v1/fs/ls{Uri($"{Home}/peers/proj-a/memories")}"])
        {
            (await AsPeerAsync(HttpMethod.Get, path, "proj-a")).Succeeded();
            Assert.Equal(HttpStatusCode.NotFound, (await AsPeerAsync(HttpMethod.Get, path, "proj-b")).Status);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await AsPeerAsync(HttpMethod.Delete, $"/api/v1/fs{Uri(uri)}", "proj-b")).Status);
        string peers = $"/api/v1/fs/ls{Uri($"{Home}/peers")}";
        Assert.Equal(["proj-a"], Texts((await GetAsync(peers)).Succeeded().Result, "name"));
        Assert.Equal("[]", (await AsPeerAsync(HttpMethod.Get, peers, "proj-b")).ResultText());
        string context = $"/api/v1/sessions/{session}/context?include_memories=true";
        Assert.Equal([uri], await InContextAsync("proj-a"));
        Assert.Empty(await InContextAsync("proj-b"));
        Assert.Equal([uri], await InContextAsync(null));
        (await AsPeerAsync(HttpMethod.Delete, $"/api/v1/fs{Uri(uri)}", "proj-a")).Succeeded();
        Assert.Equal("[]", (await GetAsync($"{Memories}?peer=proj-a")).ResultText());

        async Task<IEnumerable<string?>> InContextAsync(string? peer) =>
            Texts((await AsPeerAsync(HttpMethod.Get, context, peer)).Succeeded().Result.GetProperty("memories"), "uri");
    }

    [Fact]
    public async Task A_memory_is_written_and_deleted_for_the_peer_of_the_query_alone()
    {
        await RememberAsync("preferences/tea", "everywhere");
        await RememberAsync("preferences/tea?peer=proj-a", "in a");
        Assert.Equal("everywhere", await ContentAsync(""));
        Assert.Equal("in a", await ContentAsync("?peer=proj-a"));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"{Memories}/preferences/tea?peer=proj-b")).Status);
        (await SendAsync(HttpMethod.Delete, $"{Memories}/preferences/tea?peer=proj-a")).Succeeded();
        Assert.Equal("everywhere", await ContentAsync(""));
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync($"{Memories}?peer=a%2Fb")).Status);

        async Task<string?> ContentAsync(string query) =>
            (await GetAsync($"{Memories}/preferences/tea{query}")).Succeeded().Result.GetProperty("content").GetString();
    }

    private async Task<bool> IsFoundAsync(string path, object body, string? peer, string uri) =>
        (await AsPeerAsync(HttpMethod.Post, path, peer, body)).Succeeded().Result.GetRawText().Contains(uri, StringComparison.Ordinal);

    private Task<Reply> AsPeerAsync(HttpMethod method, string path, string? peer, object? body = null) => Api.SendAsync(
        method, path, body is null ? null : JsonSerializer.Serialize(body),
        [("X-OpenViking-User", User), .. peer is null ? Array.Empty<(string, string)>() : [(Header, peer)]]);

    private async Task SayAsync(string session, string role, string peer, string content) =>
        (await PostAsync($"/api/v1/sessions/{session}/messages", new { role, peer_id = peer, content })).Succeeded();
}
