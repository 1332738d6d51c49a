using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

public sealed class CommitTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Nothing_to_archive_is_skipped_with_the_reason()
    {
        string id = ApiFixture.NewSession();
        await api.PostAsync("/api/v1/sessions", $$"""{"session_id":"{{id}}"}""");
        Assert.Matches(Skipped(id, "no_messages"), (await api.PostAsync($"/api/v1/sessions/{id}/commit")).ResultText());
        await AddAsync(id, "one");
        Assert.Matches(
            Skipped(id, "all_within_keep_window"),
            (await api.PostAsync($"/api/v1/sessions/{id}/commit", """{"keep_recent_count":1}""")).ResultText());
    }

    [Fact]
    public async Task A_commit_of_a_session_that_is_not_there_is_skipped_and_creates_nothing()
    {
        string id = ApiFixture.NewSession();
        (string, string)[] headers = [("X-OpenViking-User", id), ("Idempotency-Key", id)];
        Reply waited = await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=1", "{}", headers);
        Assert.Matches(Skipped(id, "no_messages"), waited.ResultText());
        Assert.Matches(Skipped(id, "no_messages"), (await api.PostAsync($"/api/v1/sessions/{id}/commit", "{}", headers[0])).ResultText());
        Assert.Equal("[]", (await api.GetAsync("/api/v1/sessions", headers[0])).ResultText());
        Assert.Equal("[]", (await api.GetAsync("/api/v1/tasks", headers[0])).ResultText());
        Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync($"/api/v1/sessions/{id}", headers[0])).Status);

        await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"one"}""", headers[0]);
        Reply later = (await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60", "{}", headers)).Succeeded();
        Assert.Equal("accepted", later.Result.GetProperty("status").GetString());
        (await api.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}", null, headers[0])).Succeeded();
        Assert.Matches(Skipped(id, "no_messages"), (await api.PostAsync($"/api/v1/sessions/{id}/commit", "{}", headers)).ResultText());
    }

    [Fact]
    public async Task A_commit_is_accepted_waited_for_and_readable()
    {
        string id = ApiFixture.NewSession();
        await AddAsync(id, "one", "two", "three");
        Reply accepted = await api.PostAsync(
            $"/api/v1/sessions/{id}/commit?wait=60",
            """{"keep_recent_count":1,"extraction_metadata":{"event":{"tags":["a=b"]}}}""");
        string taskId = accepted.Succeeded().Result.GetProperty("task_id").GetString()!;
        string task = accepted.Result.GetProperty("task").GetRawText();
        Assert.Matches(
            $$$"""
            ^{"session_id":"{{{id}}}","status":"accepted","task_id":"{{{taskId}}}",
            "archive_uri":"viking://user/default/sessions/{{{id}}}/history/archive_001",
            "archived":true,"trace_id":"[^"]+","task":{.*}}$
            """.ReplaceLineEndings(""),
            accepted.ResultText());
        Assert.Equal($"/api/v1/tasks/{taskId}", accepted.Header("Location"));
        Assert.Equal($"</runtime/webhooks/durabletask/instances/{taskId}>; rel=\"monitor\"", accepted.Header("Link"));
        Assert.Equal(task, (await api.GetAsync(accepted.Header("Location"))).ResultText());
        JsonElement times = accepted.Result.GetProperty("task");
        Assert.Equal(
            times.GetProperty("created_at").GetRawText()[^7..],
            times.GetProperty("created_at_iso").GetString()![^13..^6]);
        Assert.Equal(
            $$"""
            {"task_id":"{{taskId}}","task_type":"session_commit","status":"completed",
            "created_at":N,"updated_at":N,"created_at_iso":"T","updated_at_iso":"T",
            "resource_id":"{{id}}","stage":null,"meta":{"attempt":1},
            "result":{"session_id":"{{id}}","archive_uri":"viking://user/default/sessions/{{id}}/history/archive_001",
            "memories_extracted":{},"memories_skipped":[],
            "token_usage":{
            "llm":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cached_tokens":0,"reasoning_tokens":0},
            "embedding":{"total_tokens":0},
            "total":{"total_tokens":0,"cached_tokens":0,"reasoning_tokens":0},
            "answers":0},
            "degraded":false},"error":null}
            """.ReplaceLineEndings(""),
            Regex.Replace(SessionTests.TimePattern().Replace(task, "T"), @"[0-9]{10}\.[0-9]{6}", "N"));

        string archive = (await api.GetAsync($"/api/v1/sessions/{id}/archives/archive_001")).ResultText();
        Assert.StartsWith(
            """{"archive_id":"archive_001","abstract":"2 messages","overview":"# 2 messages","messages":[{"id":"msg_""",
            archive,
            StringComparison.Ordinal);
        Assert.Equal(["one", "two"], Texts(JsonDocument.Parse(archive).RootElement));
        Reply context = await api.GetAsync($"/api/v1/sessions/{id}/context");
        Assert.Equal(["one", "two", "three"], Texts(context.Result));
        Assert.Equal(
            """[{"archive_id":"archive_001","abstract":"2 messages"}]""",
            context.Result.GetProperty("pre_archive_abstracts").GetRawText());
        Assert.Equal(
            """
            {"totalArchives":1,"includedArchives":1,"droppedArchives":0,"failedArchives":0,"activeTokens":2,"archiveTokens":8,
            "recalledMessages":2,"recalledTokens":2}
            """.ReplaceLineEndings(""),
            context.Result.GetProperty("stats").GetRawText());
        Assert.Equal(10, context.Result.GetProperty("estimatedTokens").GetInt32());
        Assert.Equal(["two", "three"], Texts((await api.GetAsync($"/api/v1/sessions/{id}/context?query=TWO")).Result));
        Assert.Equal("# 2 messages", context.Result.GetProperty("latest_archive_overview").GetString());
        Assert.Matches(
            $$"""
            ^\[{"number":1,"archive_id":"archive_001",
            "archive_uri":"viking://user/default/sessions/{{id}}/history/archive_001",
            "task_id":"{{taskId}}","message_count":2,"token_count":2,"byte_count":[0-9]+,
            "state":"covered","abstract":"2 messages","created_at":"T"}\]$
            """.ReplaceLineEndings(""),
            SessionTests.TimePattern().Replace((await api.GetAsync($"/api/v1/sessions/{id}/archives")).ResultText(), "T"));
    }

    [Fact]
    public async Task A_task_and_its_session_say_what_the_model_took_and_gave()
    {
        string id = ApiFixture.NewSession();
        await AddAsync(id, ScriptedProcessor.CostText);
        Reply accepted = await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60");
        Assert.Equal(
            """
            {"llm":{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200,"cached_tokens":400,"reasoning_tokens":50},
            "embedding":{"total_tokens":0},
            "total":{"total_tokens":1200,"cached_tokens":400,"reasoning_tokens":50},
            "answers":3}
            """.ReplaceLineEndings(""),
            accepted.Succeeded().Result.GetProperty("task").GetProperty("result").GetProperty("token_usage").GetRawText());
        Assert.Contains(
            """
            "llm_token_usage":{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200,"cached_tokens":400,"reasoning_tokens":50},
            "embedding_token_usage":{"total_tokens":0},
            """.ReplaceLineEndings(""),
            (await api.GetAsync($"/api/v1/sessions/{id}")).ResultText(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_with_a_turn_budget_keeps_whole_turns()
    {
        string id = ApiFixture.NewSession();
        await AddAsync(id, ("user", "q1"), ("assistant", "a1"), ("user", "q2"), ("assistant", "a2"), ("user", "q3"), ("assistant", "a3"));
        const string Body = """
            {"keep_recent_count":0,"retention_mode":"turn_budget","keep_recent_turn_count":3,
             "retained_message_token_budget":5,"min_raw_tail_steps":1}
            """;
        (await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60", Body)).Succeeded();
        Assert.Equal(["q1", "a1"], Texts((await api.GetAsync($"/api/v1/sessions/{id}/archives/archive_001")).Result));
        JsonElement context = (await api.GetAsync($"/api/v1/sessions/{id}/context")).Result;
        Assert.Equal(["q1", "a1", "q2", "a2", "q3", "a3"], Texts(context));
        Assert.Equal(2, context.GetProperty("stats").GetProperty("recalledMessages").GetInt32());
        JsonElement session = (await api.GetAsync($"/api/v1/sessions/{id}")).Result;
        Assert.Equal(0, session.GetProperty("keep_recent_count").GetInt32());
        Assert.Equal(0, session.GetProperty("pending_tokens").GetInt32());
        Assert.Matches(Skipped(id, "all_within_keep_window"), (await api.PostAsync($"/api/v1/sessions/{id}/commit", Body)).ResultText());
    }

    [Theory]
    [InlineData("""{"retention_mode":"turn_budget"}""", 2)]
    [InlineData(
        """{"retention_mode":"turn_budget","keep_recent_turn_count":null,"retained_message_token_budget":null,"min_raw_tail_steps":null}""",
        2)]
    [InlineData(
        """{"retention_mode":"turn_budget","keep_recent_count":1,"retained_message_token_budget":"""
        + """9223372036854775807,"keep_recent_turn_count":10000,"min_raw_tail_steps":10000}""",
        0)]
    [InlineData("""{"retention_mode":"turn_budget","keep_recent_count":5,"keep_recent_turn_count":0}""", 5)]
    [InlineData("""{"retention_mode":null,"keep_recent_turn_count":null,"keep_recent_count":2}""", 3)]
    public async Task Fields_of_a_turn_budget_that_are_not_set_have_defaults(string body, int archived)
    {
        string id = ApiFixture.NewSession();
        await AddAsync(id, "q1", "q2", "q3", "q4", "q5");
        (await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60", body)).Succeeded();
        JsonElement session = (await api.GetAsync($"/api/v1/sessions/{id}")).Succeeded().Result;
        Assert.Equal(5 - archived, session.GetProperty("message_count").GetInt32());
        Assert.Equal(5, session.GetProperty("total_message_count").GetInt32());
    }

    [Fact]
    public async Task Waiting_in_vain_names_the_task_and_the_commit_goes_on()
    {
        string id = ApiFixture.NewSession();
        await AddAsync(id, ScriptedProcessor.HoldText);
        Reply late = await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=1");
        Assert.Equal(HttpStatusCode.GatewayTimeout, late.Status);
        Assert.Equal("DEADLINE_EXCEEDED", late.Error.GetProperty("code").GetString());
        string taskId = late.Error.GetProperty("details").GetProperty("resource").GetString()!;
        JsonElement running = (await api.GetAsync($"/api/v1/tasks/{taskId}")).Succeeded().Result;
        Assert.Equal("running", running.GetProperty("status").GetString());
        Assert.Equal("summarizing", running.GetProperty("stage").GetString());
        Assert.Equal(JsonValueKind.Null, running.GetProperty("result").ValueKind);
        Assert.Equal(
            $$"""[{"archive_id":"archive_001","task_id":"{{taskId}}"}]""",
            (await api.GetAsync($"/api/v1/sessions/{id}")).Result.GetProperty("pending_archives").GetRawText());
        Assert.Equal([ScriptedProcessor.HoldText], Texts((await api.GetAsync($"/api/v1/sessions/{id}/archives/archive_001")).Result));
        Assert.EndsWith(
            ""","state":"pending","abstract":"","created_at":null}]""",
            (await api.GetAsync($"/api/v1/sessions/{id}/archives")).ResultText(),
            StringComparison.Ordinal);
        JsonElement context = (await api.GetAsync($"/api/v1/sessions/{id}/context")).Result;
        Assert.Equal([ScriptedProcessor.HoldText], Texts(context));
        Assert.True(context.GetProperty("overview_provisional").GetBoolean());
        string? overview = context.GetProperty("latest_archive_overview").GetString();
        Assert.StartsWith("> Provisional: 1 archive is not digested yet", overview, StringComparison.Ordinal);
        JsonElement cancelled = (await api.PostAsync($"/api/v1/tasks/{taskId}/cancel")).Succeeded().Result;
        Assert.Contains(cancelled.GetProperty("status").GetString(), (string[])["cancelling", "cancelled"]);
        api.Host.Processor.Release();
        Assert.Equal("cancelled", await StatusOnceOverAsync(taskId));
        Assert.Equal(
            (await api.GetAsync($"/api/v1/tasks/{taskId}")).ResultText(),
            (await api.PostAsync($"/api/v1/tasks/{taskId}/cancel")).ResultText());
        Assert.Contains(
            taskId, (await api.GetAsync($"/api/v1/tasks?status=cancelled&resource_id={id}")).ResultText(), StringComparison.Ordinal);
        (await api.PostAsync($"/api/v1/tasks/{taskId}/retry", """{"telemetry":true}""")).Succeeded();
        Assert.Equal("completed", await StatusOnceOverAsync(taskId));
        context = (await api.GetAsync($"/api/v1/sessions/{id}/context")).Result;
        Assert.False(context.TryGetProperty("overview_provisional", out _));
        Assert.Equal("# 1 messages", context.GetProperty("latest_archive_overview").GetString());
    }

    [Fact]
    public async Task A_task_that_has_ended_is_neither_cancelled_nor_retried()
    {
        string id = ApiFixture.NewSession();
        await AddAsync(id, "one");
        string taskId = (await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60")).ResultText("task_id");
        foreach (string action in (string[])["cancel", "retry"])
        {
            Reply reply = await api.PostAsync($"/api/v1/tasks/{taskId}/{action}");
            Assert.Equal(HttpStatusCode.PreconditionFailed, reply.Status);
            Assert.Equal("FAILED_PRECONDITION", reply.Error.GetProperty("code").GetString());
        }

        Reply other = await api.GetAsync($"/api/v1/tasks/{taskId}", ("X-OpenViking-User", "other-user"));
        Assert.Equal(HttpStatusCode.NotFound, other.Status);
        Assert.Equal(ErrorText.Of("NOT_FOUND", "Task not found or expired", "task", taskId), other.Text);
        Assert.Equal("[]", (await api.GetAsync("/api/v1/tasks?task_type=add_resource")).ResultText());
    }

    [Fact]
    public async Task The_same_key_commits_once()
    {
        string id = ApiFixture.NewSession();
        await AddAsync(id, "one");
        (string, string) key = ("Idempotency-Key", Guid.NewGuid().ToString());
        Reply first = (await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60", "{}", key)).Succeeded();
        await AddAsync(id, "two");
        Reply again = (await api.PostAsync($"/api/v1/sessions/{id}/commit", null, key)).Succeeded();
        Assert.Equal(first.Result.GetProperty("task_id").GetString(), again.Result.GetProperty("task_id").GetString());
        Assert.Equal(first.Result.GetProperty("archive_uri").GetString(), again.Result.GetProperty("archive_uri").GetString());
        Assert.Equal(["one", "two"], Texts((await api.GetAsync($"/api/v1/sessions/{id}/context")).Result));
        Reply reused = await api.PostAsync($"/api/v1/sessions/{id}/commit", """{"keep_recent_count":1}""", key);
        Assert.Equal(HttpStatusCode.BadRequest, reused.Status);
    }

    [Fact]
    public async Task Archives_are_listed_newest_first_in_pages()
    {
        string id = ApiFixture.NewSession();
        for (int i = 0; i < 3; i++)
        {
            await AddAsync(id, $"m{i}");
            (await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60")).Succeeded();
        }

        Reply first = (await api.GetAsync($"/api/v1/sessions/{id}/archives?limit=2")).Succeeded();
        Assert.Equal([3, 2], first.Result.EnumerateArray().Select(static a => a.GetProperty("number").GetInt32()));
        Reply second = (await api.GetAsync($"/api/v1/sessions/{id}/archives?limit=2&cursor={first.Header("X-Next-Cursor")}")).Succeeded();
        Assert.Equal([1], second.Result.EnumerateArray().Select(static a => a.GetProperty("number").GetInt32()));
        Assert.False(second.Headers.Contains("X-Next-Cursor"));
        Reply missing = await api.GetAsync($"/api/v1/sessions/{id}/archives/archive_004");
        Assert.Equal(HttpStatusCode.NotFound, missing.Status);
        Assert.Equal("Archive archive_004 not found", missing.Error.GetProperty("message").GetString());
    }

    private static string Skipped(string id, string reason) => $$"""
        ^{"session_id":"{{id}}","status":"skipped","task_id":null,"archive_uri":null,
        "archived":false,"reason":"{{reason}}","trace_id":"[^"]+"}$
        """.ReplaceLineEndings("");

    private static string[] Texts(JsonElement holder) =>
        [.. holder.GetProperty("messages").EnumerateArray().Select(static m => m.GetProperty("parts")[0].GetProperty("text").GetString()!)];

    private Task AddAsync(string id, params string[] texts) => AddAsync(id, [.. texts.Select(static t => ("user", t))]);

    private async Task AddAsync(string id, params (string Role, string Text)[] said)
    {
        string messages = string.Join(',', said.Select(static m => $$"""{"role":"{{m.Role}}","content":"{{m.Text}}"}"""));
        (await api.PostAsync($"/api/v1/sessions/{id}/messages/batch", $$"""{"messages":[{{messages}}]}""")).Succeeded();
    }

    private async Task<string> StatusOnceOverAsync(string taskId)
    {
        for (int i = 0; i < 600; i++)
        {
            string status = (await api.GetAsync($"/api/v1/tasks/{taskId}")).Succeeded().Result.GetProperty("status").GetString()!;
            if (status is "completed" or "failed" or "cancelled")
            {
                return status;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"Task {taskId} does not end."));
    }
}
