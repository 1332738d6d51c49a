using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

public sealed partial class SessionTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Creating_answers_with_the_session_and_with_what_holds_for_it()
    {
        string id = ApiFixture.NewSession();
        Reply reply = await api.PostAsync("/api/v1/sessions", $$"""{"session_id":"{{id}}","unknown":1,"telemetry":{"summary":true} }""");
        Assert.Equal(
            $$$$"""
            {"session_id":"{{{{id}}}}","uri":"viking://user/default/sessions/{{{{id}}}}",
            "user":{"account_id":"default","user_id":"default"},
            "auto_commit_policy":null,"memory_extraction_config":{"events":{"tags":[]}}}
            """.ReplaceLineEndings(""),
            reply.ResultText());
    }

    [Fact]
    public async Task Creating_without_a_body_makes_an_id()
    {
        Reply reply = (await api.PostAsync("/api/v1/sessions")).Succeeded();
        Assert.Matches("^[0-9]{8}-[0-9]{6}-[0-9a-f]{16}$", reply.Result.GetProperty("session_id").GetString()!);
    }

    [Fact]
    public async Task An_id_that_exists_is_refused()
    {
        string id = ApiFixture.NewSession();
        await api.PostAsync("/api/v1/sessions", $$"""{"session_id":"{{id}}"}""");
        Reply reply = await api.PostAsync("/api/v1/sessions", $$"""{"session_id":"{{id}}"}""");
        Assert.Equal(HttpStatusCode.Conflict, reply.Status);
        Assert.Equal(ErrorText.Of("ALREADY_EXISTS", $"Session already exists: {id}", "session", id), reply.Text);
    }

    [Fact]
    public async Task Policies_are_clamped_completed_kept_and_reported()
    {
        string id = ApiFixture.NewSession();
        string policy = """
            {"pending_token_threshold":1000000,"message_count_threshold":0,"idle_timeout_seconds":604800,
            "keep_recent_count":0,"min_commit_interval_seconds":7}
            """.ReplaceLineEndings("");
        const string Memory =
            """{"self":{"enabled":false},"peer":{},"working_memory":{"enabled":true},"memory_types":["events","experiences","tools"]}""";
        const string Extraction = """{"events":{"tags":["team=a"]}}""";
        Reply created = await api.PostAsync(
            "/api/v1/sessions",
            $$"""
            {"session_id":"{{id}}",
            "auto_commit_policy":{"min_commit_interval_seconds":7,"message_count_threshold":-5,
            "pending_token_threshold":99999999999999999999999,"idle_timeout_seconds":604801},
            "memory_policy":{{Memory}},"memory_extraction_config":{{Extraction}}}
            """);
        Assert.EndsWith(
            $$"""default"},"auto_commit_policy":{{policy}},"memory_extraction_config":{{Extraction}}}""",
            created.ResultText(),
            StringComparison.Ordinal);
        Reply got = await api.GetAsync($"/api/v1/sessions/{id}");
        Assert.Contains(
            $"\"memory_policy\":{Memory},\"auto_commit_policy\":{policy},\"memory_extraction_config\":{Extraction},",
            got.ResultText(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_is_changed_field_by_field_and_turned_off_by_null()
    {
        string id = ApiFixture.NewSession();
        string path = $"/api/v1/sessions/{id}/config";
        Assert.Equal(HttpStatusCode.NotFound, (await api.SendAsync(HttpMethod.Patch, path, "{}")).Status);
        await api.PostAsync("/api/v1/sessions", $$$"""{"session_id":"{{{id}}}","auto_commit_policy":{"keep_recent_count":3}}""");
        Reply changed = await api.SendAsync(
            HttpMethod.Patch,
            path,
            """{"auto_commit_policy":{"message_count_threshold":5},"memory_extraction_config":{"events":{"tags":["a=b"]}}}""");
        Assert.Equal(
            $$$$"""
            {"session_id":"{{{{id}}}}",
            "auto_commit_policy":{"pending_token_threshold":150000,"message_count_threshold":5,"idle_timeout_seconds":86400,
            "keep_recent_count":3,"min_commit_interval_seconds":0},
            "memory_extraction_config":{"events":{"tags":["a=b"]}}}
            """.ReplaceLineEndings(""),
            changed.ResultText());
        Reply off = await api.SendAsync(HttpMethod.Patch, path, """{"auto_commit_policy":null}""");
        Assert.Equal(
            $$$$"""{"session_id":"{{{{id}}}}","auto_commit_policy":null,"memory_extraction_config":{"events":{"tags":["a=b"]}}}""",
            off.ResultText());
        Reply cleared = await api.SendAsync(HttpMethod.Patch, path, """{"memory_extraction_config":{"events":{"tags":[]}}}""");
        Assert.EndsWith("\"memory_extraction_config\":{\"events\":{\"tags\":[]}}}", cleared.ResultText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_used_is_counted()
    {
        string id = ApiFixture.NewSession();
        string path = $"/api/v1/sessions/{id}/used";
        Assert.Equal(HttpStatusCode.NotFound, (await api.PostAsync(path, "{}")).Status);
        await api.PostAsync("/api/v1/sessions", $$"""{"session_id":"{{id}}"}""");
        await api.PostAsync(path, """{"contexts":["viking://a","viking://b"]}""");
        Reply used = await api.PostAsync(path, """{"contexts":["viking://a"],"skill":{"uri":"viking://s"}}""");
        Assert.Equal($$"""{"session_id":"{{id}}","contexts_used":3,"skills_used":1}""", used.ResultText());
    }

    [Fact]
    public async Task A_session_is_reported_in_one_order()
    {
        string id = ApiFixture.NewSession();
        await api.PostAsync(
            $"/api/v1/sessions/{id}/messages", """{"role":"user","content":"four token words","created_at":"2026-01-02"}""");
        Reply reply = await api.GetAsync($"/api/v1/sessions/{id}");
        Assert.Equal(
            $$$"""
            {"session_id":"{{{id}}}","created_by_account_id":"default","created_by_user_id":"default","created_at":"T","updated_at":"T",
            "message_count":1,"total_message_count":1,"commit_count":0,"pending_tokens":4,
            "last_commit_at":"","last_message_at":"2026-01-02","last_auto_commit_at":"",
            "llm_token_usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cached_tokens":0,"reasoning_tokens":0},
            "embedding_token_usage":{"total_tokens":0},
            "keep_recent_count":0,"retention_mode":"","keep_recent_turn_count":0,"retained_message_token_budget":0,
            "min_raw_tail_steps":1,"memory_policy":null,"auto_commit_policy":null,"memory_extraction_config":{"events":{"tags":[]}},
            "uri":"viking://user/default/sessions/{{{id}}}","user":{"account_id":"default","user_id":"default"},
            "memories_extracted":{"total":0},"pending_archives":[],"uncovered_archives":[]}
            """.ReplaceLineEndings(""),
            TimePattern().Replace(reply.ResultText(), "T"));
    }

    [Theory]
    [InlineData(
        """{"keep_recent_count":4,"retention_mode":"turn_budget","keep_recent_turn_count":1,"retained_message_token_budget":"""
        + """5,"min_raw_tail_steps":3}""",
        """4,"retention_mode":"turn_budget","keep_recent_turn_count":1,"retained_message_token_budget":5,"min_raw_tail_steps":3,""")]
    [InlineData(
        """{"retention_mode":"turn_budget","keep_recent_turn_count":0}""",
        """0,"retention_mode":"turn_budget","keep_recent_turn_count":0,"retained_message_token_budget":12000,"min_raw_tail_steps":1,""")]
    [InlineData(
        """{"keep_recent_count":1}""",
        """1,"retention_mode":"","keep_recent_turn_count":0,"retained_message_token_budget":0,"min_raw_tail_steps":1,""")]
    public async Task A_session_says_what_its_last_commit_kept(string commit, string said)
    {
        string id = ApiFixture.NewSession();
        await api.PostAsync(
            $"/api/v1/sessions/{id}/messages/batch",
            """
            {"messages":[
            {"role":"user","content":"one"},
            {"role":"assistant","content":"two"},
            {"role":"user","content":"some more words than fit into a budget"},
            {"role":"assistant","content":"three"}]}
            """);
        foreach (string body in (string[])["""{"retention_mode":"turn_budget","keep_recent_turn_count":1}""", commit])
        {
            await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"five"}""");
            Assert.Equal("accepted", (await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60", body)).ResultText("status"));
        }

        Assert.Contains(
            $"\"keep_recent_count\":{said}\"memory_policy\":",
            (await api.GetAsync($"/api/v1/sessions/{id}")).ResultText(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_is_not_there_is_not_found_unless_it_may_be_created()
    {
        string id = ApiFixture.NewSession();
        Reply missing = await api.GetAsync($"/api/v1/sessions/{id}");
        Assert.Equal(HttpStatusCode.NotFound, missing.Status);
        Assert.Equal(ErrorText.Of("NOT_FOUND", $"Session {id} not found", "session", id), missing.Text);
        (await api.GetAsync($"/api/v1/sessions/{id}?auto_create=true")).Succeeded();
        (await api.GetAsync($"/api/v1/sessions/{id}?auto_create=false")).Succeeded();
    }

    // To the letter: clients look for these words in an error's text.
    [Theory]
    [InlineData("GET", "", "Session {id} not found")]
    [InlineData("PATCH", "/config", "Session {id} not found")]
    [InlineData("DELETE", "", "Session not found: {id}")]
    [InlineData("GET", "/context", "Session not found: {id}")]
    [InlineData("GET", "/archives", "Session not found: {id}")]
    [InlineData("GET", "/archives/archive_001", "Session not found: {id}")]
    [InlineData("GET", "/archives/archive_001/memory_diff", "Session not found: {id}")]
    [InlineData("POST", "/archives/archive_001/memory_diff/undo", "Session not found: {id}")]
    [InlineData("POST", "/used", "Session not found: {id}")]
    public async Task Every_route_says_in_the_words_of_the_wire_that_a_session_is_not_there(string method, string path, string message)
    {
        string id = ApiFixture.NewSession();
        Reply missing = await api.SendAsync(
            new HttpMethod(method), $"/api/v1/sessions/{id}{path}", method is "POST" or "PATCH" ? "{}" : null);
        Assert.Equal(HttpStatusCode.NotFound, missing.Status);
        Assert.Equal(
            ErrorText.Of("NOT_FOUND", message.Replace("{id}", id, StringComparison.Ordinal), "session", id), missing.Text);
    }

    [Fact]
    public async Task A_deleted_session_is_not_found()
    {
        string id = ApiFixture.NewSession();
        await api.PostAsync("/api/v1/sessions", $$"""{"session_id":"{{id}}"}""");
        Reply deleted = await api.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}", null);
        Assert.Equal($$"""{"session_id":"{{id}}"}""", deleted.ResultText());
        Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync($"/api/v1/sessions/{id}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await api.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}", null)).Status);
    }

    [Fact]
    public async Task A_listing_is_paged_and_shows_the_sessions_of_its_user_alone()
    {
        (string, string)[] caller = [("X-OpenViking-Account", "acme"), ("X-OpenViking-User", $"u{Guid.NewGuid():N}")];
        string[] ids = [.. Enumerable.Range(1, 5).Select(static i => $"list-{i}")];
        foreach (string id in ids)
        {
            (await api.PostAsync("/api/v1/sessions", $$"""{"session_id":"{{id}}"}""", caller)).Succeeded();
        }

        var seen = new List<string>();
        string? cursor = "";
        for (int pages = 0; cursor is not null; pages++)
        {
            Assert.True(pages < 5);
            Reply page = (await api.GetAsync($"/api/v1/sessions?limit=2&cursor={cursor}", caller)).Succeeded();
            seen.AddRange(page.Result.EnumerateArray().Select(static s => s.GetProperty("session_id").GetString()!));
            cursor = page.Headers.TryGetValues("X-Next-Cursor", out IEnumerable<string>? next) ? next.Single() : null;
        }

        Assert.Equal(ids, seen.Order());
        Reply all = await api.GetAsync("/api/v1/sessions", caller);
        Assert.Contains(
            $$"""{"session_id":"list-5","uri":"viking://user/{{caller[1].Item2}}/sessions/list-5","is_dir":true,"mod_time":"T"}""",
            TimePattern().Replace(all.ResultText(), "T"),
            StringComparison.Ordinal);
        Assert.Equal("[]", (await api.GetAsync("/api/v1/sessions", ("X-OpenViking-User", "third-user"))).ResultText());
    }

    [Fact]
    public async Task A_session_of_another_user_is_not_found()
    {
        string id = ApiFixture.NewSession();
        await api.PostAsync("/api/v1/sessions", $$"""{"session_id":"{{id}}"}""");
        (string, string) other = ("X-OpenViking-User", "other-user");
        foreach (string path in (string[])["", "/context", "/archives", "/archives/archive_001"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync($"/api/v1/sessions/{id}{path}", other)).Status);
        }

        Assert.Equal("skipped", (await api.PostAsync($"/api/v1/sessions/{id}/commit", "{}", other)).ResultText("status"));
        Assert.Equal(HttpStatusCode.NotFound, (await api.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}", null, other)).Status);
    }

    [Fact]
    public async Task Creating_with_the_same_key_answers_the_same()
    {
        (string, string) key = ("Idempotency-Key", Guid.NewGuid().ToString());
        Reply first = (await api.PostAsync("/api/v1/sessions", "{}", key)).Succeeded();
        Assert.Equal(first.Text, (await api.PostAsync("/api/v1/sessions", " { } ", key)).Text);
        Reply other = await api.PostAsync("/api/v1/sessions", """{"a":1}""", key);
        Assert.Equal(HttpStatusCode.BadRequest, other.Status);
        JsonElement invalid = other.Error.GetProperty("details").GetProperty("validation_errors")[0];
        Assert.Equal("""["header","Idempotency-Key"]""", invalid.GetProperty("loc").GetRawText());
    }

    [GeneratedRegex(@"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00")]
    internal static partial Regex TimePattern();
}
