using System.Text.Json.Nodes;

namespace DurableSessions.Server.Tests.Browser;

/// <summary>
/// A page whose name has come to mean this machine: the server is its own origin, so that the browser stops it from nothing, and says
/// nothing of where its requests come from.
/// </summary>
[Collection<BrowserCollection>]
public sealed class RebindingTests(Chromium browser, Victims victims)
{
    private static readonly string[] s_paths =
        ["/api/v1/sessions", "/api/v1/sessions/victim/context", "/api/v1/sessions/new?auto_create=true", "/openapi/v1.json", "/health"];

    [Fact]
    public async Task Reads_nothing_and_writes_nothing_of_a_server_without_keys()
    {
        await using Tab tab = await browser.OpenTabAsync();
        Victim victim = await victims.GetAsync(withKey: false);
        string before = await victim.StateAsync();

        foreach (JsonNode? answer in await AskAsync(tab, victim, s_paths))
        {
            Assert.StartsWith("403 ", (string)answer!, StringComparison.Ordinal);
            Assert.Contains("header.Host", (string)answer!, StringComparison.Ordinal);
        }

        Assert.Equal(before, await victim.StateAsync());
    }

    [Fact]
    public async Task Reads_no_session_and_writes_nothing_of_a_server_with_keys()
    {
        await using Tab tab = await browser.OpenTabAsync();
        Victim victim = await victims.GetAsync(withKey: true);
        string before = await victim.StateAsync();

        foreach (JsonNode? answer in await AskAsync(tab, victim, s_paths[..3]))
        {
            Assert.StartsWith("401 ", (string)answer!, StringComparison.Ordinal);
        }

        Assert.Equal(before, await victim.StateAsync());
    }

    // The statuses and bodies that a page gets which reads these paths, appends a message, and commits.
    private static async Task<JsonArray> AskAsync(Tab tab, Victim victim, string[] paths)
    {
        await tab.OpenAsync($"http://evil.example:{victim.Port}/rebound", "<title>Rebound</title>");
        JsonNode? answers = await tab.EvaluateAsync($$"""
            Promise.all([
                ...{{new JsonArray([.. paths.Select(static p => JsonValue.Create(p))]).ToJsonString()}}.map(p => fetch(p)),
                fetch('/api/v1/sessions/victim/messages', {
                    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"role":"user","content":"evil"}' }),
                fetch('/api/v1/sessions/victim/commit', { method: 'POST' }),
            ].map(async answer => (await answer).status + ' ' + await (await answer).text()))
            """);
        Assert.Equal(paths.Length + 2, answers!.AsArray().Count);
        Assert.DoesNotContain(Victim.Message, answers.ToJsonString(), StringComparison.Ordinal);
        return answers.AsArray();
    }
}
