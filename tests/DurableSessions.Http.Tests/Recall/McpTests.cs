using System.Net;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace DurableSessions.Http.Tests.Recall;

/// <summary>The tools of an agent, by the protocol's own client.</summary>
public sealed class McpTests(ApiFixture api) : RecallTest(api)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_finds_the_tools_and_their_arguments()
    {
        await using McpClient client = await ConnectAsync();
        Assert.Equal("durable-sessions", client.ServerInfo?.Name);
        IList<McpClientTool> tools = await client.ListToolsAsync(cancellationToken: Cancelled);
        Assert.Equal(
            ["find", "search", "read", "list", "grep", "remember", "forget", "health"], tools.Select(static t => t.Name));
        Assert.All(tools, static t => Assert.NotEmpty(t.Description));
        Assert.Equal(
            ["remember", "forget"], tools.Where(static t => t.ProtocolTool.Annotations?.ReadOnlyHint == false).Select(static t => t.Name));
        Assert.Contains("query", tools[0].JsonSchema.GetProperty("required").EnumerateArray().Select(static r => r.GetString()));
    }

    [Fact]
    public async Task What_an_agent_remembers_it_finds_reads_and_forgets()
    {
        await using McpClient client = await ConnectAsync();
        string remembered = await CallAsync(client, "remember", Said("I prefer green tea."));
        string uri = remembered.Split(' ')[^1];
        Assert.StartsWith($"{Home}/memories/preferences/noted-", uri, StringComparison.Ordinal);

        // The same again is the same, also where the memory was changed meanwhile.
        Assert.Equal(remembered, await CallAsync(client, "remember", Said("I prefer green tea.")));
        await RememberAsync($"preferences/{uri.Split('/')[^1][..^3]}", "something else");
        Assert.Equal(remembered, await CallAsync(client, "remember", Said("I prefer green tea.")));
        string decided = await CallAsync(client, "remember", Said("We ship on Friday.", "Noted."));
        Assert.Contains("/memories/events/noted-", decided, StringComparison.Ordinal);
        string said = await CallAsync(client, "read", new() { ["uris"] = decided.Split(' ')[^1] });
        Assert.Equal("user: We ship on Friday.\nassistant: Noted.", said);
        Assert.Contains(uri, await CallAsync(client, "find", new() { ["query"] = "Which tea?" }), StringComparison.Ordinal);
        Assert.DoesNotContain(uri, await CallAsync(client, "search", new() { ["query"] = "When do we ship?" }), StringComparison.Ordinal);
        string context = await CallAsync(client, "search", new() { ["query"] = "tea", ["mode"] = "context" });
        Assert.StartsWith($"<memory uri=\"{uri}\"", context, StringComparison.Ordinal);
        Assert.Equal("I prefer green tea.", await CallAsync(client, "read", new() { ["uris"] = uri }));
        string both = await CallAsync(client, "read", new() { ["uris"] = (string[])[uri, $"{Home}/memories/events/none.md"] });
        Assert.Equal($"=== {uri} ===\nI prefer green tea.\n=== {Home}/memories/events/none.md ===\nFile not found.\n", both);
        string listed = await CallAsync(client, "list", new() { ["uri"] = "viking://~/memories", ["recursive"] = true });
        Assert.Contains("noted-", listed, StringComparison.Ordinal);
        Assert.Contains("2 memories", await CallAsync(client, "health", []), StringComparison.Ordinal);

        Assert.Equal($"Forgotten: {uri}", await CallAsync(client, "forget", new() { ["uri"] = uri }));
        Assert.Equal("Nothing was found.", await CallAsync(client, "find", new() { ["query"] = "Which tea?" }));
        Assert.StartsWith("Memory not found: ", await FailAsync(client, "forget", new() { ["uri"] = uri }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Archived_conversations_are_searched_and_read()
    {
        string session = await CommitAsync(ApiFixture.NewSession(), "the green kettle whistles", "bye");
        await using McpClient client = await ConnectAsync();
        string file = $"{Home}/sessions/{session}/history/archive_001";
        string matches = await CallAsync(client, "grep", new()
        {
            ["uri"] = $"viking://~/sessions/{session}/history",
            ["pattern"] = (string[])["kettle", "BYE"],
            ["case_insensitive"] = true,
        });
        Assert.Equal($"{file}/messages.jsonl:1: the green kettle whistles\n{file}/messages.jsonl:2: bye", matches);
        string text = await CallAsync(client, "read", new() { ["uris"] = file });
        Assert.EndsWith("] user: the green kettle whistles\n[2026-01-31] user: bye\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_fit_is_an_answer_that_says_so()
    {
        await using McpClient client = await ConnectAsync();
        await RefusedAsync("find", [], "arguments.query: ");
        await RefusedAsync("find", new() { ["query"] = "x", ["limit"] = 0 }, "arguments.limit: ");
        await RefusedAsync("remember", Said(new string('x', 8_001)), "arguments.messages: ");
        await RefusedAsync("search", new() { ["query"] = "x", ["mode"] = "contxt" }, "arguments.mode: ");
        await RefusedAsync("read", new() { ["uris"] = Array.Empty<string>() }, "arguments.uris: ");
        await RefusedAsync("read", new() { ["uris"] = Enumerable.Repeat("viking://~", 21).ToArray() }, "arguments.uris: ");
        await RefusedAsync("grep", new() { ["uri"] = "viking://~/memories", ["pattern"] = Array.Empty<string>() }, "arguments.pattern: ");
        await RefusedAsync(
            "remember", new() { ["messages"] = (object[])[new { role = "tool", content = "x" }] }, "arguments.messages.0.role: ");
        await RefusedAsync("forget", new() { ["uri"] = $"{Home}/sessions/x" }, "arguments.uri: ");
        await RefusedAsync("read", new() { ["uris"] = "viking://user/another/memories/events/a.md" }, "File not found");
        await RefusedAsync("list", new() { ["uri"] = "viking://user/another" }, "Directory not found");
        await Assert.ThrowsAsync<McpProtocolException>(() => client.CallToolAsync("write", cancellationToken: Cancelled).AsTask());

        async Task RefusedAsync(string tool, Dictionary<string, object?> arguments, string message) =>
            Assert.StartsWith(message, await FailAsync(client, tool, arguments), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Archives_are_read_up_to_a_bound_of_all_together()
    {
        string session = await CommitAsync(ApiFixture.NewSession(), new string('x', 5 * 1024 * 1024));
        string file = $"{Home}/sessions/{session}/history/archive_001";
        await using McpClient client = await ConnectAsync();
        Assert.InRange((await CallAsync(client, "read", new() { ["uris"] = file })).Length, 5 * 1024 * 1024, int.MaxValue);
        string refused = await FailAsync(client, "read", new() { ["uris"] = (string[])[file, file] });
        Assert.EndsWith($"at most {8 * 1024 * 1024} bytes.", refused, StringComparison.Ordinal);
        Assert.Contains($"GET /api/v1/sessions/{session}/archives/archive_001 reads", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_just_said_is_found_read_and_narrowed()
    {
        string session = ApiFixture.NewSession();
        (await PostAsync($"/api/v1/sessions/{session}/messages", new { role = "user", content = "the kettle whistles" })).Succeeded();
        await using McpClient client = await ConnectAsync();
        string uri = $"{Home}/sessions/{session}";
        foreach (string tool in (string[])["find", "search"])
        {
            string found = await CallAsync(client, tool, new() { ["query"] = "Which kettle?" });
            Assert.StartsWith($"- {uri} (sessions, 0.", found, StringComparison.Ordinal);
            Assert.Equal(
                "Nothing was found.",
                await CallAsync(client, tool, new() { ["query"] = "kettle", ["filter"] = new { role = "assistant" } }));
            Assert.Equal(found, await CallAsync(client, tool, new() { ["query"] = "Which kettle?", ["since"] = "7d" }));
        }

        Assert.EndsWith(
            "] user: the kettle whistles\n", await CallAsync(client, "read", new() { ["uris"] = uri }), StringComparison.Ordinal);
        Assert.StartsWith(
            "arguments.filter.since: must be a time",
            await FailAsync(client, "find", new() { ["query"] = "kettle", ["filter"] = new { since = "soon" } }),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_asked_for_and_its_scope_holds()
    {
        SessionStorage storage = new SimulatedStorage().Connect("mcp");
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        var keys = new KeyStore(storage.Container, TimeProvider.System);
        string reads = (await keys.AddAsync(new NewKey("acme", "ann") { IsReadOnly = true }, Cancelled)).Text;
        string writes = (await keys.AddAsync("acme", "ann", Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: TimeProvider.System);
        await using (McpClient writer = await ConnectAsync(host.Client, ("Authorization", $"Bearer {writes}")))
        {
            await CallAsync(writer, "remember", Said("I prefer green tea."));
        }

        await using (McpClient reader = await ConnectAsync(host.Client, ("X-API-Key", reads)))
        {
            Assert.Contains("green tea", await CallAsync(reader, "find", new() { ["query"] = "tea" }), StringComparison.Ordinal);
            Assert.Contains("read-only", await FailAsync(reader, "remember", Said("I prefer black tea.")), StringComparison.Ordinal);
            var memory = new Dictionary<string, object?> { ["uri"] = "viking://~/memories/preferences/x.md" };
            Assert.Contains("read-only", await FailAsync(reader, "forget", memory), StringComparison.Ordinal);
        }

        HttpRequestException refused = await Assert.ThrowsAsync<HttpRequestException>(() => ConnectAsync(host.Client));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Storage_that_is_away_is_an_answer_too()
    {
        var storage = new SimulatedStorage();
        await using ApiHost host = await ApiHost.StartAsync(storage.Connect("none"), withEngine: false);
        await using McpClient client = await ConnectAsync(host.Client);
        string message = await FailAsync(client, "find", new() { ["query"] = "tea" });
        Assert.Contains("This should not have happened; the log has it under ", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_are_bounded()
    {
        Reply reply = await Api.PostAsync("/mcp", new string(' ', (32 * 1024 * 1024) + 1));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
        Assert.Equal("RESOURCE_EXHAUSTED", reply.Error.GetProperty("code").GetString());
    }

    private static Dictionary<string, object?> Said(params string[] contents) => new()
    {
        ["messages"] = contents.Select(static (c, i) => new { role = i == 0 ? "user" : "assistant", content = c }).ToArray(),
    };

    private Task<McpClient> ConnectAsync() => ConnectAsync(Api.Host.Client, ("X-OpenViking-User", User));

    private static Task<McpClient> ConnectAsync(HttpClient http, params (string Name, string Value)[] headers) => McpClient.CreateAsync(
        new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = new System.Uri(http.BaseAddress!, "/mcp"),
                TransportMode = HttpTransportMode.StreamableHttp,
                AdditionalHeaders = headers.ToDictionary(static h => h.Name, static h => h.Value),
            },
            http,
            ownsHttpClient: false),
        cancellationToken: Cancelled);

    private static async Task<string> CallAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        (string text, bool isError) = await SendAsync(client, tool, arguments);
        Assert.False(isError, text);
        return text;
    }

    private static async Task<string> FailAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        (string text, bool isError) = await SendAsync(client, tool, arguments);
        Assert.True(isError, text);
        return text;
    }

    private static async Task<(string Text, bool IsError)> SendAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        CallToolResult result = await client.CallToolAsync(tool, arguments, cancellationToken: Cancelled);
        return (Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text, result.IsError == true);
    }
}
