using System.Net;
using System.Text.Json;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

public sealed class MemoryTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Memories = "/api/v1/memories";

    [Fact]
    public async Task A_memory_is_written_read_changed_and_deleted_by_its_etag()
    {
        (string, string)[] user = NewUser();
        Reply created = await PutAsync("preferences/tea", "# Tea\n- green\n", [("If-None-Match", "*"), .. user]);
        string etag = created.Succeeded().Header("ETag");
        Assert.Equal(etag, created.Result.GetProperty("etag").GetString());
        Reply read = (await api.GetAsync($"{Memories}/preferences/tea", user)).Succeeded();
        Assert.Equal(etag, read.Header("ETag"));
        Assert.Equal("# Tea\n- green\n", read.Result.GetProperty("content").GetString());
        Assert.Equal("Tea", read.Result.GetProperty("abstract").GetString());
        Reply unchanged = await api.GetAsync($"{Memories}/preferences/tea", [("If-None-Match", etag), .. user]);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.Status);

        Assert.Equal("FAILED_PRECONDITION", Code(await PutAsync("preferences/tea", "x", [("If-None-Match", "*"), .. user])));
        Reply changed = await PutAsync("preferences/tea", "black", [("If-Match", etag), .. user]);
        Assert.NotEqual(etag, changed.Succeeded().Header("ETag"));
        Assert.Equal(2, changed.Result.GetProperty("revision").GetInt32());
        Assert.Equal("FAILED_PRECONDITION", Code(await PutAsync("preferences/tea", "white", [("If-Match", etag), .. user])));
        Assert.Equal("FAILED_PRECONDITION", Code(await SendAsync(HttpMethod.Delete, "preferences/tea", [("If-Match", etag), .. user])));
        (await SendAsync(HttpMethod.Delete, "preferences/tea", [("If-Match", changed.Header("ETag")), .. user])).Succeeded();
        Assert.Equal("NOT_FOUND", Code(await api.GetAsync($"{Memories}/preferences/tea", user)));
        Assert.Equal("NOT_FOUND", Code(await SendAsync(HttpMethod.Delete, "preferences/tea", user)));
    }

    [Fact]
    public async Task Memories_are_listed_by_category_and_page()
    {
        (string, string)[] user = NewUser();
        foreach (string path in (string[])["events/b", "profile/me", "events/a", "cases/x", "events/c"])
        {
            (await PutAsync(path, path, user)).Succeeded();
        }

        Assert.Equal(["profile/me", "events/a", "events/b", "events/c", "cases/x"], Paths(await api.GetAsync(Memories, user)));
        Assert.Equal(["events/a", "events/b", "events/c"], Paths(await api.GetAsync($"{Memories}?category=events", user)));
        var all = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            Reply page = await api.GetAsync($"{Memories}?limit=2&cursor={cursor}", user);
            all.AddRange(Paths(page));
            cursor = page.Headers.TryGetValues("X-Next-Cursor", out IEnumerable<string>? next) ? next.Single() : null;
        }

        Assert.Equal(["profile/me", "events/a", "events/b", "events/c", "cases/x"], all);
        Assert.Equal("[]", (await api.GetAsync(Memories, NewUser())).ResultText());
    }

    [Fact]
    public async Task Search_ranks_a_users_own_memories_and_archives()
    {
        (string, string)[] user = NewUser();
        await PutAsync("preferences/tea", "Drinks green tea, never coffee.", user);
        await PutAsync("entities/bob", "Bob repairs bicycles in Łódź.", user);
        await PutAsync("events/move", "搬家到上海，新的办公室。", user);
        await PutAsync("preferences/tea", "Drinks green tea, tea all day.", NewUser());
        string id = await CommitAsync(user, "one", "two", "three");

        JsonElement hits = (await api.GetAsync($"{Memories}/search?q=green+TEA", user)).Succeeded().Result;
        Assert.Equal("tea", Assert.Single(hits.EnumerateArray()).GetProperty("name").GetString());
        hits = (await api.GetAsync($"{Memories}/search?q=messages", user)).Succeeded().Result;
        JsonElement archive = Assert.Single(hits.EnumerateArray());
        Assert.Equal("archive", archive.GetProperty("type").GetString());
        Assert.Equal($"viking://user/{user[0].Item2}/sessions/{id}/history/archive_001", archive.GetProperty("uri").GetString());
        Assert.Equal(["events/move"], Paths(await api.GetAsync($"{Memories}/search?q={Uri.EscapeDataString("上海")}", user)));
        Assert.Equal(["entities/bob"], Paths(await api.GetAsync($"{Memories}/search?q={Uri.EscapeDataString("ŁÓDŹ")}", user)));

        // What changes is found at once, what is gone no more.
        await PutAsync("entities/bob", "Bob sells tea.", user);
        Assert.Equal(["entities/bob", "preferences/tea"], Paths(await api.GetAsync($"{Memories}/search?q=tea", user)).Order());
        await SendAsync(HttpMethod.Delete, "preferences/tea", user);
        Assert.Equal(["entities/bob"], Paths(await api.GetAsync($"{Memories}/search?q=tea&limit=5", user)));
        (await api.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}", null, user)).Succeeded();
        Assert.Equal("[]", (await api.GetAsync($"{Memories}/search?q=messages", user)).ResultText());
    }

    [Fact]
    public async Task A_commits_changes_are_in_its_task_its_diff_and_the_context_and_can_be_taken_back()
    {
        (string, string)[] user = NewUser();
        await PutAsync("events/remembered", "the first thing", user);
        string id = ApiFixture.NewSession();
        await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"user","content":"remember the second thing"}""", user);
        Reply committed = await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60", null, user);
        JsonElement result = committed.Succeeded().Result.GetProperty("task").GetProperty("result");
        Assert.Equal("""{"events":1}""", result.GetProperty("memories_extracted").GetRawText());
        Assert.Equal(
            $"viking://user/{user[0].Item2}/sessions/{id}/history/archive_001/memory_diff.json",
            result.GetProperty("memory_diff_uri").GetString());
        Reply session = await api.GetAsync($"/api/v1/sessions/{id}", user);
        Assert.Equal("""{"total":1,"events":1}""", session.Result.GetProperty("memories_extracted").GetRawText());

        Reply diff = (await api.GetAsync($"/api/v1/sessions/{id}/archives/archive_001/memory_diff", user)).Succeeded();
        JsonElement change = Assert.Single(diff.Result.GetProperty("changes").EnumerateArray());
        Assert.Equal("the first thing", change.GetProperty("before").GetString());
        Assert.Equal("the first thing\nthe second thing\n", change.GetProperty("after").GetString());

        Reply context = await api.GetAsync($"/api/v1/sessions/{id}/context?include_memories=true", user);
        JsonElement memory = Assert.Single(context.Succeeded().Result.GetProperty("memories").EnumerateArray());
        Assert.Equal("the first thing\nthe second thing\n", memory.GetProperty("content").GetString());
        JsonElement stats = context.Result.GetProperty("stats");
        Assert.Equal(9, stats.GetProperty("memoryTokens").GetInt32());
        Assert.Equal(context.Result.GetProperty("estimatedTokens").GetInt32(), 9 + stats.GetProperty("archiveTokens").GetInt32());
        Reply narrow = await api.GetAsync($"/api/v1/sessions/{id}/context?include_memories=true&token_budget=10", user);
        Assert.Equal("[]", narrow.Result.GetProperty("memories").GetRawText());
        Assert.False((await api.GetAsync($"/api/v1/sessions/{id}/context", user)).Result.TryGetProperty("memories", out _));

        (await api.PostAsync($"/api/v1/sessions/{id}/archives/archive_001/memory_diff/undo", null, user)).Succeeded();
        Assert.Equal("the first thing", (await api.GetAsync($"{Memories}/events/remembered", user)).ResultText("content"));
        Assert.Equal("NOT_FOUND", Code(await api.GetAsync($"/api/v1/sessions/{id}/archives/archive_002/memory_diff", user)));
        Assert.Equal("NOT_FOUND", Code(await api.GetAsync($"/api/v1/sessions/{id}/archives/archive_001/memory_diff", NewUser())));
    }

    [Fact]
    public async Task Where_a_memory_comes_from_is_in_listings_reads_hits_contexts_and_diffs()
    {
        (string, string)[] user = NewUser();
        Reply written = await PutAsync("events/remembered", "tea", user);
        Assert.Equal("""[null,null,["owner"]]""", Origin(written.Succeeded().Result));

        string id = ApiFixture.NewSession();
        await api.PostAsync($"/api/v1/sessions/{id}/messages", """{"role":"tool","content":"remember coffee"}""", user);
        Reply committed = (await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60", null, user)).Succeeded();
        string mixed = $"""["{committed.ResultText("task_id")}","{id}",["owner","tool"]]""";
        Assert.Equal(mixed, Origin((await api.GetAsync($"{Memories}/events/remembered", user)).Result));
        Assert.Equal(mixed, Origin((await api.GetAsync(Memories, user)).Result[0]));
        JsonElement hits = (await api.GetAsync($"{Memories}/search?q=coffee", user)).Result;
        Assert.Equal(mixed, Origin(hits.EnumerateArray().Single(static h => h.GetProperty("type").GetString() == "memory")));
        Reply context = await api.GetAsync($"/api/v1/sessions/{id}/context?include_memories=true", user);
        Assert.Equal(mixed, Origin(context.Result.GetProperty("memories")[0]));
        string diff = $"/api/v1/sessions/{id}/archives/archive_001/memory_diff";
        Reply changes = await api.GetAsync(diff, user);
        Assert.Equal("""["owner","tool"]""", changes.Result.GetProperty("changes")[0].GetProperty("sources").GetRawText());

        (await api.PostAsync($"{diff}/undo", null, user)).Succeeded();
        Assert.Equal("""[null,null,["owner"]]""", Origin((await api.GetAsync($"{Memories}/events/remembered", user)).Result));
    }

    private static string Origin(JsonElement memory) =>
        $"[{memory.GetProperty("task_id").GetRawText()},{memory.GetProperty("session_id").GetRawText()},"
        + $"{memory.GetProperty("sources").GetRawText()}]";

    private static (string, string)[] NewUser() => [("X-OpenViking-User", $"u{Guid.NewGuid():N}")];

    private static string[] Paths(Reply reply) =>
    [
        .. reply.Succeeded().Result.EnumerateArray()
            .Select(static m => $"{m.GetProperty("category").GetString()}/{m.GetProperty("name").GetString()}"),
    ];

    private static string Code(Reply reply) => reply.Error.GetProperty("code").GetString()!;

    private async Task<string> CommitAsync((string, string)[] user, params string[] texts)
    {
        string id = ApiFixture.NewSession();
        foreach (string text in texts)
        {
            string message = JsonSerializer.Serialize(new { role = "user", content = text });
            (await api.PostAsync($"/api/v1/sessions/{id}/messages", message, user)).Succeeded();
        }

        (await api.PostAsync($"/api/v1/sessions/{id}/commit?wait=60", null, user)).Succeeded();
        return id;
    }

    private Task<Reply> PutAsync(string path, string content, (string, string)[] headers) =>
        api.SendAsync(HttpMethod.Put, $"{Memories}/{path}", JsonSerializer.Serialize(new { content }), headers);

    private Task<Reply> SendAsync(HttpMethod method, string path, (string, string)[] headers) =>
        api.SendAsync(method, $"{Memories}/{path}", null, headers);
}
