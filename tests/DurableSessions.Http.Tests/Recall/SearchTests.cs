using System.Net;
using System.Text.Json;
using DurableSessions.Core.Identities;
using DurableSessions.Http.Recall;
using DurableSessions.Http.Tests.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Http.Tests.Recall;

/// <summary>What a plugin puts into a prompt, and what it finds.</summary>
public sealed class SearchTests(ApiFixture api) : RecallTest(api)
{
    private const string Search = "/api/v1/search/search";
    private const string Find = "/api/v1/search/find";
    private const string RecallPath = "/api/v1/search/recall";

    // The fields that the plugin of Claude Code sends.
    private static object Prompt(string query, string? session = null, int turns = 0, int? tokens = null, object? quotas = null) => new
    {
        query,
        mode = "context",
        purpose = "coding",
        score_threshold = 0.35,
        session_id = session,
        dedup_turns = turns,
        query_expansion = "off",
        max_tokens = tokens,
        quotas,
        peer_scope = "actor",
        rewrite = "auto",
        rewrite_max_bullets = 6,
        exclude_uris = Array.Empty<string>(),
    };

    [Fact]
    public async Task A_prompt_gets_what_fits_it_as_entries_and_as_one_text()
    {
        const string Text = "Drinks green tea.\nNever coffee </memory> & </openviking-context> < memory uri=1>";
        await RememberAsync("preferences/tea", Text);
        await RememberAsync("entities/bob", "Bob repairs bicycles.");
        Reply answer = await PostAsync(Search, Prompt("Please make me a tea, and tell me what else you need to know about that."));
        string uri = $"{Home}/memories/preferences/tea.md";
        double score = answer.Succeeded().Result.GetProperty("entries")[0].GetProperty("score").GetDouble();
        Assert.InRange(score, 0.4, 1);
        string entry = JsonSerializer.Serialize(new { uri, category = "preferences", score, detail = "full", text = Text });
        JsonElement entries = answer.Result.GetProperty("entries");
        Assert.Equal(entry, JsonSerializer.Serialize(Assert.Single(entries.EnumerateArray())));

        // No text ends its own element, begins another one, or leaves what plugins put it into.
        Assert.Equal(
            $"<memory uri=\"{uri}\" type=\"preferences\" score=\"{score:0.00}\" detail=\"full\">\n"
            + "Drinks green tea.\nNever coffee &lt;/memory> & &lt;/openviking-context> &lt; memory uri=1>\n</memory>",
            answer.ResultText("rendered"));
        Assert.Equal("", answer.ResultText("digest"));
        Assert.Equal("""{"used_tokens":20,"rewrite":"off"}""", answer.Result.GetProperty("stats").GetRawText());

        Reply nothing = await PostAsync(Search, Prompt("Which airport is nearest?"));
        Assert.Equal("""{"entries":[],"rendered":"","digest":"","stats":{"used_tokens":0,"rewrite":"off"}}""", nothing.ResultText());
    }

    [Fact]
    public async Task A_commits_archive_is_recalled_in_another_session()
    {
        string session = await CommitAsync(ApiFixture.NewSession(), "one", "two", "three");
        Reply answer = await PostAsync(Search, Prompt("How many messages?"));
        JsonElement entry = Assert.Single(answer.Succeeded().Result.GetProperty("entries").EnumerateArray());
        Assert.Equal($"{Home}/sessions/{session}/history/archive_001", entry.GetProperty("uri").GetString());
        Assert.Equal("sessions", entry.GetProperty("category").GetString());
        Assert.Equal("abstract", entry.GetProperty("detail").GetString());

        (await SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}")).Succeeded();
        Assert.Equal(0, (await PostAsync(Search, Prompt("How many messages?"))).Succeeded().Result.GetProperty("entries").GetArrayLength());
    }

    [Fact]
    public async Task Quotas_and_the_budget_bound_what_is_sent()
    {
        await RememberAsync("events/a", "tea on Monday");
        await RememberAsync("events/b", "tea on Tuesday");
        await RememberAsync("cases/pot", "the tea pot leaks: use the other one");
        await RememberAsync("profile/me", "tea");
        string[] all = [.. await CategoriesAsync(null, null)];
        Assert.Equal(["cases", "events", "events", "profile"], all.Order());
        Assert.Equal(
            ["cases", "events"],
            (await CategoriesAsync(new { events = 1, experiences = 5, profile = 0, resources = 3, skills = 2 }, null)).Order());

        // A long text whose line fits is sent as that.
        await RememberAsync("entities/long", "Porcelain shop.\n" + new string('x', 400));
        JsonElement line = (await PostAsync(Search, Prompt("porcelain", tokens: 64))).Succeeded().Result.GetProperty("entries")[0];
        Assert.Equal("Porcelain shop.", line.GetProperty("text").GetString());
        Assert.Equal("abstract", line.GetProperty("detail").GetString());
        JsonElement whole = (await PostAsync(Search, Prompt("porcelain", tokens: 200))).Succeeded().Result.GetProperty("entries")[0];
        Assert.Equal("full", whole.GetProperty("detail").GetString());

        async Task<IEnumerable<string>> CategoriesAsync(object? quotas, int? tokens)
        {
            Reply answer = await PostAsync(Search, Prompt("tea", tokens: tokens, quotas: quotas));
            return Texts(answer.Succeeded().Result.GetProperty("entries"), "category")!;
        }
    }

    [Fact]
    public async Task What_was_sent_in_a_sessions_last_turns_is_not_sent_again()
    {
        await RememberAsync("events/a", "tea on Monday");
        string session = ApiFixture.NewSession();
        Assert.Equal(1, await CountAsync(session));
        await RememberAsync("events/b", "tea on Tuesday");
        Assert.Equal(1, await CountAsync(session));
        Assert.Equal(0, await CountAsync(session));

        // Two turns have passed since the first was sent, and another session has seen none of them.
        Assert.Equal(1, await CountAsync(session));
        Assert.Equal(2, await CountAsync(ApiFixture.NewSession()));

        async Task<int> CountAsync(string id) =>
            (await PostAsync(Search, Prompt("tea", id, turns: 2))).Succeeded().Result.GetProperty("entries").GetArrayLength();
    }

    [Fact]
    public async Task Another_users_turns_are_not_counted()
    {
        string session = ApiFixture.NewSession();
        await RememberAsync("events/a", "tea on Monday");
        Assert.Equal(1, await CountAsync(User));
        Assert.Equal(0, await CountAsync(User));
        string other = $"{User}2";
        string memory = JsonSerializer.Serialize(new { content = "tea on Monday" });
        (await Api.SendAsync(HttpMethod.Put, "/api/v1/memories/events/a", memory, ("X-OpenViking-User", other))).Succeeded();
        Assert.Equal(1, await CountAsync(other));

        // A client that does not ask for it is not counted.
        Assert.Equal(1, (await PostAsync(Search, Prompt("tea", "s"))).Succeeded().Result.GetProperty("entries").GetArrayLength());
        Reply asks = await PostAsync(Search, Prompt("tea", "s", turns: 5));
        Assert.Equal(1, asks.Succeeded().Result.GetProperty("entries").GetArrayLength());

        async Task<int> CountAsync(string user)
        {
            string body = JsonSerializer.Serialize(Prompt("tea", session, turns: 5));
            Reply answer = await Api.PostAsync(Search, body, ("X-OpenViking-User", user));
            return answer.Succeeded().Result.GetProperty("entries").GetArrayLength();
        }
    }

    [Fact]
    public async Task Quotas_say_how_many_where_a_client_sends_no_limit()
    {
        for (int i = 0; i < 12; i++)
        {
            await RememberAsync($"events/e{i}", $"tea {i}");
        }

        Assert.Equal(10, await CountAsync(null));
        Assert.Equal(12, await CountAsync(new { events = 500, entities = 20 }));

        async Task<int> CountAsync(object? quotas)
        {
            Reply answer = await PostAsync(Search, Prompt("tea", quotas: quotas));
            return answer.Succeeded().Result.GetProperty("entries").GetArrayLength();
        }
    }

    [Fact]
    public async Task Excluded_uris_are_not_sent()
    {
        await RememberAsync("events/a", "tea on Monday");
        await RememberAsync("events/b", "tea on Tuesday");
        Reply answer = await PostAsync(
            Search, new { query = "tea", mode = "context", exclude_uris = (string[])["viking://~/memories/events/a.md"] });
        Assert.Equal([$"{Home}/memories/events/b.md"], Texts(answer.Succeeded().Result.GetProperty("entries"), "uri"));
    }

    [Fact]
    public async Task Recall_takes_its_older_fields()
    {
        await RememberAsync("preferences/tea", "Drinks green tea.\n" + new string('x', 400));
        var body = new { query = "tea", quotas = new { events = 4, preferences = 3 }, max_chars = 1_000, min_score = 0.35, render = true };
        Assert.Contains("xxx", (await PostAsync(RecallPath, body)).ResultText("rendered"), StringComparison.Ordinal);
        Reply compact = await PostAsync(RecallPath, new { query = "tea", render = "compact" });
        Assert.Contains("\nDrinks green tea.\n</memory>", compact.ResultText("rendered"), StringComparison.Ordinal);
        Reply entries = await PostAsync(RecallPath, new { query = "tea", render = false });
        Assert.Equal("", entries.ResultText("rendered"));
        Assert.Equal(1, entries.Result.GetProperty("entries").GetArrayLength());
        Reply strict = await PostAsync(RecallPath, new { query = "tea", min_score = 0.99 });
        Assert.Equal(0, strict.Succeeded().Result.GetProperty("entries").GetArrayLength());
        Reply small = await PostAsync(RecallPath, new { query = "tea", max_chars = 300 });
        Assert.DoesNotContain("xxx", small.ResultText("rendered"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Find_lists_hits_below_its_targets()
    {
        await RememberAsync("preferences/tea", "green tea");
        await RememberAsync("events/teatime", "tea at five");
        string session = await CommitAsync(ApiFixture.NewSession(), "one");
        Reply hit = await PostAsync(Find, new { query = "green", target_uri = "viking://~/memories", limit = 8, score_threshold = 0 });
        double score = hit.Succeeded().Result.GetProperty("memories")[0].GetProperty("score").GetDouble();
        Assert.Equal(
            JsonSerializer.Serialize(new
            {
                memories = (object[])
                [
                    new
                    {
                        uri = $"{Home}/memories/preferences/tea.md", level = 2, score, category = "preferences", @abstract = "green tea",
                        context_type = "memory",
                    },
                ],
                resources = Array.Empty<object>(),
                skills = Array.Empty<object>(),
                total = 1,
            }),
            hit.ResultText());
        Assert.Equal(2, await CountAsync(new { query = "tea" }));
        Assert.Equal(2, await CountAsync(new { query = "tea", target_uri = "" }));
        Assert.Equal(1, await CountAsync(new { query = "tea", target_uri = $"{Home}/memories/events/" }));
        Assert.Equal(0, await CountAsync(new { query = "tea", target_uri = $"{Home}/memories/event" }));
        string[] both = [$"{Home}/memories/events", "viking://~/memories/preferences"];
        Assert.Equal(2, await CountAsync(new { query = "tea", target_uri = both }));
        Assert.Equal(1, await CountAsync(new { query = "messages", target_uri = $"viking://~/sessions/{session}" }));
        Assert.Equal(0, await CountAsync(new { query = "tea", target_uri = "viking://~/skills" }));
        Assert.Equal(0, await CountAsync(new { query = "tea", target_uri = "viking://resources" }));
        Assert.Equal(0, await CountAsync(new { query = "tea", context_type = "skill" }));
        Assert.Equal(2, await CountAsync(new { query = "tea", context_type = (string[])["memory", "skill"] }));
        Assert.Equal(2, await CountAsync(new { query = "tea", context_type = "Memory, resource" }));
        Assert.Equal(0, await CountAsync(new { query = "tea", context_type = (string[])["resource,skill"] }));
        Assert.Equal(2, await CountAsync(new { query = "tea", context_type = " , " }));
        Assert.Equal(1, await CountAsync(new { query = "tea", node_limit = 1 }));
        Assert.Equal(2, (await PostAsync(Search, new { query = "tea" })).Succeeded().Result.GetProperty("total").GetInt32());

        Reply foreign = await PostAsync(Find, new { query = "tea", target_uri = "viking://user/another/memories" });
        Assert.Equal(HttpStatusCode.NotFound, foreign.Status);
        Assert.Equal("NOT_FOUND", foreign.Error.GetProperty("code").GetString());

        async Task<int> CountAsync(object body) => (await PostAsync(Find, body)).Succeeded().Result.GetProperty("total").GetInt32();
    }

    [Fact]
    public void What_was_sent_takes_no_more_than_its_bound()
    {
        using var recent = new RecentlyRecalled(NullLoggerFactory.Instance);
        string[] uris = [.. Enumerable.Range(0, 100).Select(static i => $"viking://user/ann/memories/events/e{i}.md")];
        SessionKey last = new UserKey("acme", "ann").Session("last");
        for (int turn = 0; turn < 200; turn++)
        {
            recent.Add(last, 100, uris.Select(u => $"{u}{turn}"));
        }

        // Of one session a thousand, the newest.
        Assert.True(recent.Find(last, 100)($"{uris[0]}199"));
        Assert.False(recent.Find(last, 100)($"{uris[0]}189"));
        for (int session = 0; session < 20_000; session++)
        {
            recent.Add(new UserKey("acme", "ann").Session($"s{session}"), 100, uris);
        }

        Assert.InRange(recent.Bytes, 1, RecentlyRecalled.MaxBytes);
    }

    [Fact]
    public async Task A_whole_prompt_is_a_query()
    {
        await RememberAsync("preferences/tea", "green tea");
        string prompt = string.Join('\n', Enumerable.Range(0, 20_000).Select(static i => $"line {i} of the log")) + "\nand some TEA";
        Reply answer = await PostAsync(Search, Prompt(prompt));
        Assert.Equal(1, answer.Succeeded().Result.GetProperty("entries").GetArrayLength());
    }

    [Fact]
    public async Task Memories_of_events_have_the_tags_of_their_commit_and_are_found_by_them()
    {
        string session = ApiFixture.NewSession();
        object events = new { tags = (string[])[" Team=A ", "team=b"] };
        object created = new { session_id = session, memory_extraction_config = new { events } };
        Reply settings = await PostAsync("/api/v1/sessions", created);
        Assert.Equal(
            """{"events":{"tags":["team=b"]}}""", settings.Succeeded().Result.GetProperty("memory_extraction_config").GetRawText());
        await CommitAsync(session, "remember that the pelican deploys on Fridays");
        object said = new { role = "user", peer_id = "proj", content = "remember that the pelican sleeps" };
        (await PostAsync($"/api/v1/sessions/{session}/messages", said)).Succeeded();
        object metadata = new { @event = new { tags = (string[])["channel=app", "team=b"] } };
        (await PostAsync($"/api/v1/sessions/{session}/commit?wait=60", new { extraction_metadata = metadata })).Succeeded();
        foreach ((string query, string tags) in ((string, string)[])
        [
            ("", """["team=b"]"""),
            ("?peer=proj", """["channel=app","team=b"]"""),
        ])
        {
            JsonElement memory = Assert.Single((await GetAsync($"/api/v1/memories{query}")).Succeeded().Result.EnumerateArray());
            Assert.Equal(tags, memory.GetProperty("tags").GetRawText());
        }

        Assert.Equal(2, (await FoundAsync(Find, new { query = "pelican", tags = (string[])["team=b"] })).Count);
        JsonElement one = Assert.Single(await FoundAsync(Search, new { query = "pelican", tags = (string[])["team=b", "Channel=APP"] }));
        Assert.Equal("""["channel=app","team=b"]""", one.GetProperty("tags").GetRawText());
        Assert.Single(await FoundAsync(Find, new { query = "pelican", filter = new { tags = (string[])["channel=app"] } }));
        Assert.Empty(await FoundAsync(Find, new { query = "pelican", tags = (string[])["channel=web"] }));
        Assert.True((await FoundAsync(Find, new { query = "pelican", tags = Array.Empty<string>() })).Count > 2);
        Reply context = await PostAsync(Search, new { query = "pelican", mode = "context", tags = (string[])["channel=app"] });
        Assert.Equal(one.GetProperty("uri").GetString(), Assert.Single(Texts(context.Succeeded().Result.GetProperty("entries"), "uri")));

        async Task<IReadOnlyList<JsonElement>> FoundAsync(string path, object body) =>
            [.. (await PostAsync(path, body)).Succeeded().Result.GetProperty("memories").EnumerateArray()];
    }

    [Fact]
    public async Task Experiences_are_the_cases()
    {
        await RememberAsync("cases/pelican", "The pelican deploys once its cache is empty.");
        await RememberAsync("events/pelican", "The pelican came.");
        await RememberAsync("experiences/pelican", "The pelican deploys once its cache is warm.");
        string uri = $"{Home}/memories/cases/pelican.md";
        Assert.Equal(
            [uri, $"{Home}/memories/events/pelican.md"], Texts((await GetAsync("/api/v1/memories")).Succeeded().Result, "uri").Order());
        Assert.Equal([uri], Texts((await GetAsync("/api/v1/memories?category=experiences")).Succeeded().Result, "uri"));
        Assert.Equal([uri], await FindAsync(new { query = "pelican", filter = new { category = "experiences" } }));

        // A plugin that looks for experiences takes no hit that is not below their folder.
        string asked = $"{Home}/memories/experiences/pelican.md";
        Assert.Equal([asked], await FindAsync(new { query = "pelican", target_uri = "viking://~/memories/experiences" }));
        Assert.Equal([asked], await FindAsync(new { query = "pelican", target_uri = asked }));
        Assert.Equal([uri], await FindAsync(new { query = "warm", target_uri = "viking://~/memories" }));
        string alias = Uri("viking://~/memories/experiences/pelican.md");
        Assert.EndsWith("warm.", (await GetAsync($"/api/v1/content/read{alias}")).Succeeded().Result.GetString(), StringComparison.Ordinal);
        Reply folder = await GetAsync($"/api/v1/fs/ls{Uri("viking://~/memories/experiences")}");
        Assert.Equal([asked], Texts(folder.Succeeded().Result, "uri"));
        Reply lines = await PostAsync("/api/v1/search/grep", new { uri = "viking://~/memories/experiences", pattern = "warm" });
        Assert.Equal([asked], Texts(lines.Succeeded().Result.GetProperty("matches"), "uri"));
        Reply home = await GetAsync($"/api/v1/fs/ls{Uri("viking://~/memories")}");
        Assert.DoesNotContain("experiences", home.Succeeded().Text, StringComparison.Ordinal);

        async Task<IEnumerable<string?>> FindAsync(object body) =>
            Texts((await PostAsync(Find, body)).Succeeded().Result.GetProperty("memories"), "uri");
    }

    [Theory]
    [InlineData(Search, """{"mode":"context"}""", "body.query")]
    [InlineData(Search, """{"mode":"context","query":" "}""", "body.query")]
    [InlineData(Search, """{"mode":"other","query":"tea"}""", "body")]
    [InlineData(Search, """{"mode":5,"query":"tea"}""", "body")]
    [InlineData(Search, """{"mode":"context","query":"tea","quotas":{"models":1}}""", "body.quotas")]
    [InlineData(Search, """{"mode":"context","query":"tea","quotas":{"skills":-1}}""", "body.quotas.skills")]
    [InlineData(Search, """{"mode":"context","query":"tea","max_tokens":63}""", "body.max_tokens")]
    [InlineData(Search, """{"mode":"context","query":"tea","dedup_turns":101}""", "body.dedup_turns")]
    [InlineData(Search, """{"mode":"context","query":"tea","session_id":"a b"}""", "body.session_id")]
    [InlineData(Search, """{"mode":"context","query":"tea","exclude_uris":["x"]}""", "body.exclude_uris.0")]
    [InlineData(Search, """{"mode":"context","query":"tea","target_uri":"viking://~/memories"}""", "body.target_uri")]
    [InlineData(Search, """{"mode":"context","query":"tea","since":"January"}""", "body.since")]
    [InlineData(RecallPath, """{"query":"tea","render":"other"}""", "body.render")]
    [InlineData(RecallPath, """{"query":"tea","min_score":-0.1}""", "body.min_score")]
    [InlineData(Find, """{"query":"tea","limit":0}""", "body.limit")]
    [InlineData(Find, """{"query":"tea","target_uri":["viking://~","tea"]}""", "body.target_uri.1")]
    [InlineData(Find, """{"query":"tea","context_type":"other"}""", "body.context_type")]
    [InlineData(Find, """{"query":"tea","filter":{"op":"and"}}""", "body.filter")]
    [InlineData(Find, """{"query":"tea","filter":{"mode":"and"}}""", "body.filter")]
    [InlineData(Find, """{"query":"tea","filter":"and"}""", "body.filter")]
    [InlineData(Find, """{"query":"tea","filter":{"category":"other"}}""", "body.filter.category")]
    [InlineData(Find, """{"query":"tea","filter":{"session_id":"a b"}}""", "body.filter.session_id")]
    [InlineData(Find, """{"query":"tea","filter":{"role":""}}""", "body.filter.role")]
    [InlineData(Find, """{"query":"tea","filter":{"peer_id":5}}""", "body.filter.peer_id")]
    [InlineData(Find, """{"query":"tea","filter":{"since":"2026-13-01"}}""", "body.filter.since")]
    [InlineData(Find, """{"query":"tea","since":"99999999w"}""", "body.since")]
    [InlineData(Find, """{"query":"tea","since":"7x"}""", "body.since")]
    [InlineData(Find, """{"query":"tea","until":"2026-01-01","filter":{"until":"2026-01-01"}}""", "body.filter.until")]
    [InlineData(Find, """{"query":"tea","since":"2026-01-02","until":"2026-01-01"}""", "body.until")]
    [InlineData(Find, """{"query":"tea","peer_scope":"mine"}""", "body.peer_scope")]
    [InlineData(Find, """{"query":"tea","time_field":"created_at"}""", "body.time_field")]
    [InlineData(Find, """{"query":"tea","tags":["a"]}""", "body.tags.0")]
    [InlineData(Find, """{"query":"tea","filter":{"tags":"a=b"}}""", "body.filter.tags")]
    [InlineData(Find, """{"query":"tea","tags":["a=b"],"filter":{"tags":["a=b"]}}""", "body.filter.tags")]
    [InlineData(RecallPath, """{"query":"tea","since":"2026-02-30"}""", "body.since")]
    [InlineData(Find, "[]", "body")]
    public async Task A_search_that_does_not_fit_is_refused_by_its_field(string path, string body, string field)
    {
        Reply refused = await Api.PostAsync(path, body);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.StartsWith(field + ": ", refused.Error.GetProperty("message").GetString(), StringComparison.Ordinal);

        // Plugins take a server that says one of these for one of an old version.
        Assert.All(["mode", "extra", "unexpected"], word => Assert.DoesNotContain(word, refused.Text, StringComparison.OrdinalIgnoreCase));
    }
}
