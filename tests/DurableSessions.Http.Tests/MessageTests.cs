using System.Net;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

public sealed class MessageTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_message_comes_back_as_it_went_in()
    {
        string id = ApiFixture.NewSession();
        const string Text = """ 1\u0041\n\u0000 é 漢 😀\ud83d\ude00 \/ """;
        Reply added = await api.PostAsync(
            $"/api/v1/sessions/{id}/messages",
            "{ \"role\" : \"assistant\", \"source_message_ids\":[\"a\",\"b\"], \"message_kind\":\"checkpoint\","
            + "\"turn_id\":\"t\",\"peer_id\":\"p\",\r\n\"created_at\":\"yesterday\",\"parts\" : [ {\"type\":\"text\",\n\t\"text\":\""
            + Text + "\u2028\"} , { \"z\" : 1.50e+2, \"type\":\"hologram\",\"a\":[ 1 , -0.0 ] } ] }");
        Assert.Matches(
            $$"""^{"session_id":"{{id}}","message_count":1,"pending_tokens":[0-9]+,"message_ids":\["msg_[0-9a-f]{32}"\]}$""",
            added.ResultText());
        string messageId = added.Result.GetProperty("message_ids")[0].GetString()!;
        Reply context = await api.GetAsync($"/api/v1/sessions/{id}/context");
        Assert.Contains(
            "\"messages\":[{\"id\":\"" + messageId + "\",\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"text\":\"" + Text
            + "\u2028\"},{\"z\":1.50e+2,\"type\":\"hologram\",\"a\":[1,-0.0]}],\"created_at\":\"yesterday\",\"peer_id\":\"p\","
            + "\"turn_id\":\"t\",\"message_kind\":\"checkpoint\",\"source_message_ids\":[\"a\",\"b\"]}],",
            context.ResultText(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_is_a_text_part_and_parts_win_over_it()
    {
        string id = ApiFixture.NewSession();
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"a\u0062"}""")).Succeeded();
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"c","parts":[{"text":"d"}]}""")).Succeeded();
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"","parts":null}""")).Succeeded();
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","parts":[]}""")).Succeeded();
        string context = (await api.GetAsync($"/api/v1/sessions/{id}/context")).ResultText();
        string[] parts =
        [
            .. context.Split("\"parts\":").Skip(1)
                .Select(static p => p[..p.IndexOf(",\"created_at\"", StringComparison.Ordinal)]),
        ];
        Assert.Equal(["""[{"type":"text","text":"a\u0062"}]""", """[{"text":"d"}]""", """[{"type":"text","text":""}]""", "[]"], parts);
    }

    [Fact]
    public async Task The_known_parts_are_taken()
    {
        string id = ApiFixture.NewSession();
        string parts = """
            [{"type":"context","uri":"viking://x","context_type":"skill","abstract":"a"},
            {"type":"image_url","image_url":{"url":"http://x","detail":"low"}},
            {"type":"image_url","image_url":"http://y"},
            {"type":"tool","tool_id":"1","tool_name":"n","tool_uri":"","skill_uri":"","tool_status":"completed",
            "tool_input":{"a":[1]},"tool_output":"o","duration_ms":1.5,"prompt_tokens":1,"completion_tokens":null}]
            """.ReplaceLineEndings("");
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", $$"""{"role":"user","parts":{{parts}}}""")).Succeeded();
        Assert.Contains($"\"parts\":{parts},", (await api.GetAsync($"/api/v1/sessions/{id}/context")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_is_added_in_order()
    {
        string id = ApiFixture.NewSession();
        string messages = string.Join(',', Enumerable.Range(0, 100).Select(static i => $$"""{"role":"user","content":"m{{i}}"}"""));
        Reply added = await api.PostAsync($"/api/v1/sessions/{id}/messages/batch", $$"""{"messages":[{{messages}}]}""");
        Assert.StartsWith(
            $$"""{"session_id":"{{id}}","message_count":100,"added":100,"pending_tokens":""",
            added.ResultText(),
            StringComparison.Ordinal);
        Assert.Equal(100, added.Result.GetProperty("message_ids").GetArrayLength());
        Reply context = await api.GetAsync($"/api/v1/sessions/{id}/context");
        Assert.Equal(
            Enumerable.Range(0, 100).Select(static i => $"m{i}"),
            context.Result.GetProperty("messages").EnumerateArray()
                .Select(static m => m.GetProperty("parts")[0].GetProperty("text").GetString()!));
    }

    [Fact]
    public async Task An_empty_batch_adds_nothing()
    {
        string id = ApiFixture.NewSession();
        Reply added = await api.PostAsync($"/api/v1/sessions/{id}/messages/batch", """{"messages":[]}""");
        Assert.Equal($$"""{"session_id":"{{id}}","message_count":0,"added":0,"pending_tokens":0,"message_ids":[]}""", added.ResultText());
    }

    [Fact]
    public async Task The_same_key_adds_once_and_another_body_is_refused()
    {
        string id = ApiFixture.NewSession();
        (string, string) key = ("Idempotency-Key", $"k {Guid.NewGuid()}".Replace(' ', '-'));
        Reply first = await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"a b"}""", key);
        Reply again = await api.PostAsync($"/api/v1/sessions/{id}/messages", """ { "role" : "user" , "content" : "a b" } """, key);
        Assert.Equal(first.ResultText(), again.ResultText());
        Reply other = await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"ab"}""", key);
        Assert.Equal(HttpStatusCode.BadRequest, other.Status);
        Assert.Contains("Idempotency-Key", other.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await api.GetAsync($"/api/v1/sessions/{id}")).Result.GetProperty("message_count").GetInt32());
    }

    [Fact]
    public async Task An_append_that_is_too_large_is_refused_and_names_the_limit()
    {
        string id = ApiFixture.NewSession();
        string text = new('x', 17 * 1024 * 1024);
        Reply reply = await api.PostAsync($"/api/v1/sessions/{id}/messages", $$"""{"role":"user","content":"{{text}}"}""");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
        Assert.Equal(
            ErrorText.Of(
                "RESOURCE_EXHAUSTED",
                "The messages of one request: at most 16777216 bytes.",
                """{"limit_bytes":16777216}"""),
            reply.Text);
        Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync($"/api/v1/sessions/{id}")).Status);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_and_names_the_limit()
    {
        Reply reply = await api.PostAsync("/api/v1/sessions", new string(' ', 33 * 1024 * 1024));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
        Assert.Contains("33554432", reply.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_of_many_megabytes_is_stored_and_streamed_back()
    {
        string id = ApiFixture.NewSession();
        string text = new('y', 8 * 1024 * 1024);
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", $$"""{"role":"user","content":"{{text}}"}""")).Succeeded();
        Reply context = await api.GetAsync($"/api/v1/sessions/{id}/context?token_budget=10000000");
        Assert.Equal(text, context.Result.GetProperty("messages")[0].GetProperty("parts")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task An_empty_context_is_reported_in_one_order()
    {
        string id = ApiFixture.NewSession();
        await api.PostAsync("/api/v1/sessions", $$"""{"session_id":"{{id}}"}""");
        Assert.Equal(
            """
            {"latest_archive_overview":"","pre_archive_abstracts":[],"messages":[],"estimatedTokens":0,
            "stats":{"totalArchives":0,"includedArchives":0,"droppedArchives":0,"failedArchives":0,"activeTokens":0,"archiveTokens":0,
            "recalledMessages":0,"recalledTokens":0}}
            """.ReplaceLineEndings(""),
            (await api.GetAsync($"/api/v1/sessions/{id}/context")).ResultText());
    }
}
