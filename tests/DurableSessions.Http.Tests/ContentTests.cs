using System.Net;
using System.Text.Json;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

/// <summary>What is read by its URI.</summary>
public sealed class ContentTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_memory_diff_is_read_at_the_uri_that_its_task_tells()
    {
        (string User, string Id, string Diff) first = await RememberAsync($"u{Guid.NewGuid():N}", "remember \"tea\"");
        Assert.Equal($"viking://user/{first.User}/sessions/{first.Id}/history/archive_001/memory_diff.json", first.Diff);
        Reply answer = await ReadAsync(first.User, first.Diff);
        answer.Succeeded();
        string text = answer.Result.GetString()!;
        string memory = $"viking://user/{first.User}/memories/events/remembered.md";
        Assert.Equal(
            $$"""
            {
                "archive_uri": "viking://user/{{first.User}}/sessions/{{first.Id}}/history/archive_001",
                "trace_id": null,
                "extracted_at": "T",
                "operations": {
                    "adds": [
                        {
                            "uri": "{{memory}}",
                            "memory_type": "events",
                            "after": "\"tea\""
                        }
                    ],
                    "updates": [],
                    "deletes": []
                },
                "summary": {
                    "total_adds": 1,
                    "total_updates": 0,
                    "total_deletes": 0
                }
            }
            """,
            text.Replace(JsonDocument.Parse(text).RootElement.GetProperty("extracted_at").GetString()!, "T", StringComparison.Ordinal));
        Assert.Matches("\"extracted_at\": \"[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}Z\"", text);

        // Lines of it; and the caller's own home is the same place.
        Reply own = await ReadAsync(first.User, $"viking://~/sessions/{first.Id}/history/archive_001/memory_diff.json", "&raw=true");
        Assert.Equal(text, own.Result.GetString());
        string[] lines = text.Split('\n');
        Assert.Equal($"{lines[1]}\n{lines[2]}\n", (await ReadAsync(first.User, first.Diff, "&offset=1&limit=2")).Result.GetString());
        Assert.Equal("}", (await ReadAsync(first.User, first.Diff, $"&offset={lines.Length - 1}")).Result.GetString());
        Assert.Equal("", (await ReadAsync(first.User, first.Diff, $"&offset={lines.Length}")).Result.GetString());

        (string User, string Id, string Diff) second = await RememberAsync(first.User, "remember cake");
        JsonElement diff = JsonDocument.Parse((await ReadAsync(first.User, second.Diff)).Succeeded().Result.GetString()!).RootElement;
        Assert.Equal(
            JsonSerializer.Serialize(
                (object[])[new { uri = memory, memory_type = "events", before = "\"tea\"", after = "\"tea\"\ncake\n" }]),
            JsonSerializer.Serialize(diff.GetProperty("operations").GetProperty("updates")));
        Assert.Equal("""{"total_adds":0,"total_updates":1,"total_deletes":0}""", JsonSerializer.Serialize(diff.GetProperty("summary")));

        (string User, string Id, string Diff) third = await RememberAsync(first.User, ScriptedProcessor.ForgetText);
        diff = JsonDocument.Parse((await ReadAsync(first.User, third.Diff)).Succeeded().Result.GetString()!).RootElement;
        Assert.Equal(
            JsonSerializer.Serialize((object[])[new { uri = memory, memory_type = "events", deleted_content = "\"tea\"\ncake\n" }]),
            JsonSerializer.Serialize(diff.GetProperty("operations").GetProperty("deletes")));
        Assert.Equal("""{"total_adds":0,"total_updates":0,"total_deletes":1}""", JsonSerializer.Serialize(diff.GetProperty("summary")));
    }

    [Fact]
    public async Task A_uri_that_leads_to_nothing_of_the_callers_is_a_file_that_is_not_found()
    {
        (string User, string Id, string Diff) own = await RememberAsync($"u{Guid.NewGuid():N}", "remember tea");
        string history = $"viking://user/{own.User}/sessions/{own.Id}/history";
        string[] nothing =
        [
            $"{history}/archive_002/memory_diff.json",
            $"{history}/archive_1/memory_diff.json",
            $"{history}/archive_001/other.json",
            $"{history}/archive_001/memory_diff.json/more",
            $"viking://user/{own.User}/sessions/none/history/archive_001/memory_diff.json",
            $"viking://user/{own.User}/sessions/..%2f{own.Id}/history/archive_001/memory_diff.json",
            $"viking://user/{own.User}/sessions/../history/archive_001/memory_diff.json",
            "viking://resources/a.md",
            "viking://user",
            "viking://",
        ];
        foreach (string uri in nothing)
        {
            CheckNotFound(await ReadAsync(own.User, uri), uri);
        }

        // What is not there is named in full; what is another user's, as if it were not there.
        CheckNotFound(await ReadAsync(own.User, "viking://~/memories/none.md"), $"viking://user/{own.User}/memories/none.md");
        CheckNotFound(await ReadAsync("another", own.Diff), own.Diff);
    }

    [Theory]
    [InlineData("", "query.uri")]
    [InlineData("?uri=", "query.uri")]
    [InlineData("?uri=%20", "query.uri")]
    [InlineData("?uri=/user/default/memories", "query.uri")]
    [InlineData("?uri=mode", "query.uri")]
    [InlineData("?uri=viking://user&offset=-1", "query.offset")]
    [InlineData("?uri=viking://user&limit=-2", "query.limit")]
    [InlineData("?uri=viking://user&raw=maybe", "query.raw")]
    public async Task A_query_that_does_not_fit_is_refused_by_its_field(string query, string field)
    {
        Reply refused = await api.GetAsync($"/api/v1/content/read{query}");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.StartsWith(field + ": ", refused.Error.GetProperty("message").GetString(), StringComparison.Ordinal);

        // Clients take a server that says so for one of an old version.
        Assert.DoesNotContain("mode", refused.Text, StringComparison.Ordinal);
    }

    private static void CheckNotFound(Reply reply, string uri)
    {
        Assert.Equal(HttpStatusCode.NotFound, reply.Status);
        Assert.Equal("NOT_FOUND", reply.Error.GetProperty("code").GetString());
        Assert.Equal($"File not found: {uri}", reply.Error.GetProperty("message").GetString());
        Assert.Equal("file", reply.Error.GetProperty("details").GetProperty("type").GetString());
        Assert.Equal(uri, reply.Error.GetProperty("details").GetProperty("resource").GetString());
    }

    private Task<Reply> ReadAsync(string user, string uri, string more = "") =>
        api.GetAsync($"/api/v1/content/read?uri={Uri.EscapeDataString(uri)}{more}", ("X-OpenViking-User", user));

    private async Task<(string User, string Id, string Diff)> RememberAsync(string user, string text)
    {
        string id = ApiFixture.NewSession();
        string message = JsonSerializer.Serialize(new { role = "user", content = text });
        (await api.PostAsync($"/api/v1/sessions/{id}/messages", message, ("X-OpenViking-User", user))).Succeeded();
        Reply committed = await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60", null, ("X-OpenViking-User", user));
        JsonElement result = committed.Succeeded().Result.GetProperty("task").GetProperty("result");
        return (user, id, result.GetProperty("memory_diff_uri").GetString()!);
    }
}
