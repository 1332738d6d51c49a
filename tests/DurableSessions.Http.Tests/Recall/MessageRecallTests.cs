using System.Net;
using System.Text.Json;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests.Recall;

/// <summary>What was said in a session that was committed is found by its words, whatever the digest makes of it.</summary>
public sealed class MessageRecallTests(ApiFixture api) : RecallTest(api)
{
    [Theory]
    [InlineData("/api/v1/search/find")]
    [InlineData("/api/v1/search/search")]
    public async Task A_hit_cites_session_archive_and_message(string path)
    {
        string session = await CommitAsync(ApiFixture.NewSession(), "one", "The staging database moved to port 6543.", "three");
        Reply answer = await PostAsync(path, new { query = "Which port does the staging database listen on?" });
        JsonElement hit = Assert.Single(answer.Succeeded().Result.GetProperty("memories").EnumerateArray());
        Assert.InRange(hit.GetProperty("score").GetDouble(), 0.35, 1);
        Assert.Equal($"{Home}/sessions/{session}/history/archive_001", hit.GetProperty("uri").GetString());
        Assert.Equal((session, "archive_001"), (hit.GetProperty("session_id").GetString(), hit.GetProperty("archive_id").GetString()));
        JsonElement message = hit.GetProperty("message");
        Assert.Equal("The staging database moved to port 6543.", message.GetProperty("snippet").GetString());
        Assert.Equal("user", message.GetProperty("role").GetString());

        Reply archive = await GetAsync($"/api/v1/sessions/{session}/archives/archive_001");
        string?[] ids = [.. Texts(archive.Succeeded().Result.GetProperty("messages"), "id")];
        Assert.Equal(ids[1], message.GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_prompt_gets_what_was_said_beside_the_abstract()
    {
        await CommitAsync(ApiFixture.NewSession(), "one", "Bob's bicycle is locked with 4711.\nDo not tell.");
        Reply answer = await PostAsync("/api/v1/search/search", new { query = "bicycles", mode = "context" });
        string text = Assert.Single(answer.Succeeded().Result.GetProperty("entries").EnumerateArray()).GetProperty("text").GetString()!;
        Assert.EndsWith(" | [2026-01-31] user: Bob's bicycle is locked with 4711. Do not tell.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_session_is_found_no_more()
    {
        string session = await CommitAsync(ApiFixture.NewSession(), "the zeppelin lands");
        Assert.Equal(1, await CountAsync("zeppelin"));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}")).Status);
        Assert.Equal(0, await CountAsync("zeppelin"));
    }

    [Fact]
    public async Task Another_user_finds_nothing()
    {
        await CommitAsync(ApiFixture.NewSession(), "the zeppelin lands");
        Reply other = await Api.SendAsync(
            HttpMethod.Post, "/api/v1/search/find", """{"query":"zeppelin"}""", ("X-OpenViking-User", User + "x"));
        Assert.Equal(0, other.Succeeded().Result.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Only_what_is_at_the_target_is_found()
    {
        string one = await CommitAsync(ApiFixture.NewSession(), "the zeppelin lands");
        string other = await CommitAsync(ApiFixture.NewSession(), "the zeppelin starts");
        Reply answer = await PostAsync(
            "/api/v1/search/find", new { query = "zeppelin", target_uri = $"{Home}/sessions/{other}" });
        JsonElement hit = Assert.Single(answer.Succeeded().Result.GetProperty("memories").EnumerateArray());
        Assert.Equal(other, hit.GetProperty("session_id").GetString());
        Assert.NotEqual(one, other);
    }

    private async Task<int> CountAsync(string query) =>
        (await PostAsync("/api/v1/search/find", new { query })).Succeeded().Result.GetProperty("total").GetInt32();
}
