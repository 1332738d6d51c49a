using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Plugins;

/// <summary>
/// OpenViking's own plugins, unchanged, against the real server: what was said in one session comes into the first prompt of another.
/// </summary>
/// <remarks>
/// They run from a clone of <c>volcengine/OpenViking</c>, in a folder <c>OpenViking</c> next to the repository, or the one that
/// <c>DURABLE_SESSIONS_PLUGINS</c> names, and are skipped where there is none. Nothing of it is part of this repository; what they send is
/// in the tests of <c>DurableSessions.Http.Tests</c>, in words of our own.
/// </remarks>
public sealed class PluginTests : IDisposable
{
    private const string Variable = "DURABLE_SESSIONS_PLUGINS";
    private const string OpenCode = "opencode.mjs";
    private const string OpenClaw = "openclaw.mjs";
    private const string Decision = "We decided that the billing export runs as ledger_nightly at 03:15 UTC.";

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("claude-code-memory-plugin")]
    [InlineData("codex-memory-plugin")]
    public async Task What_was_said_in_one_session_comes_into_the_first_prompt_of_another(string plugin)
    {
        string script = Script(plugin, "scripts", "auto-recall.mjs");
        await using ServerProcess server = await StartAsync();
        await CommitAsync(server, Decision);
        string answer = await RunAsync(server, script, Prompt("Change the time of the billing export to 04:00."));
        Assert.Contains("ledger_nightly at 03:15 UTC", answer, StringComparison.Ordinal);

        // What has nothing to do with it is not disturbed.
        string other = await RunAsync(server, script, Prompt("Rename the parameter of the parser."));
        Assert.DoesNotContain("ledger_nightly", other, StringComparison.Ordinal);
    }

    /// <summary>The plugin writes what was said, commits it when opencode ends, and another session has it in its first prompt.</summary>
    [Fact]
    public async Task What_opencode_was_told_comes_into_the_first_prompt_of_another_session()
    {
        string plugin = Script("opencode-plugin", "index.mjs");
        await using ServerProcess server = await StartAsync();
        await RunHostAsync(server, OpenCode, plugin, new("first", "user", Decision), new("first", "assistant", "I have noted it."));
        using HttpResponseMessage ended = await server.Client.PostAsJsonAsync("/api/v1/system/wait", new { timeout = 60 }, Cancelled);
        ended.EnsureSuccessStatusCode();

        string answer = await RunHostAsync(
            server, OpenCode, plugin, new Line("second", "user", "Change the time of the billing export to 04:00."));
        Assert.Contains("ledger_nightly at 03:15 UTC", answer, StringComparison.Ordinal);
        string other = await RunHostAsync(server, OpenCode, plugin, new Line("third", "user", "Rename the parameter of the parser."));
        Assert.DoesNotContain("ledger_nightly", other, StringComparison.Ordinal);
    }

    /// <summary>
    /// The plugin writes what was said, compacts the session by a commit for which it waits, and another session has it in its first
    /// prompt.
    /// </summary>
    /// <remarks>It is written in TypeScript, and runs where it was built: <c>npm ci</c> and <c>npm run build</c> in its folder.</remarks>
    [Fact]
    public async Task What_openclaw_was_told_comes_into_the_first_prompt_of_another_session()
    {
        string plugin = Path.GetDirectoryName(Script("openclaw-plugin", "dist", "context-engine.js"))!;
        await using ServerProcess server = await StartAsync();
        string output = await RunHostAsync(
            server, OpenClaw, plugin, new("first", "user", Decision), new("first", "assistant", "I have noted it."));
        Assert.DoesNotContain("warning: ", output, StringComparison.Ordinal);
        JsonElement compacted = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement;
        Assert.True(compacted.GetProperty("compacted").GetBoolean(), output);
        Assert.Contains(
            "ledger_nightly at 03:15 UTC", compacted.GetProperty("result").GetProperty("summary").GetString(), StringComparison.Ordinal);

        string answer = await RunHostAsync(
            server, OpenClaw, plugin, new Line("second", "user", "Change the time of the billing export to 04:00."));
        Assert.Contains("ledger_nightly at 03:15 UTC", answer, StringComparison.Ordinal);
        string other = await RunHostAsync(server, OpenClaw, plugin, new Line("third", "user", "Rename the parameter of the parser."));
        Assert.DoesNotContain("ledger_nightly", other, StringComparison.Ordinal);
    }

    /// <summary>
    /// What was learned with a skill comes when the agent reads it: the plugin asks for experiences, by OpenViking's name.
    /// </summary>
    [Fact]
    public async Task A_skill_is_read_with_the_experience_of_it()
    {
        string script = Script("claude-code-memory-plugin", "scripts", "skill-experience.mjs");
        await using ServerProcess server = await StartAsync();
        using HttpResponseMessage stored = await server.Client.PutAsJsonAsync(
            "/api/v1/memories/cases/rollout", new { content = "The skill deploy-service needs a warm cache." }, Cancelled);
        stored.EnsureSuccessStatusCode();
        string skill = Path.Combine(_folder.Path, "skills", "deploy-service", "SKILL.md");
        Directory.CreateDirectory(Path.GetDirectoryName(skill)!);
        await File.WriteAllTextAsync(skill, "---\nname: deploy-service\n---\n", Cancelled);
        string answer = await RunAsync(
            server, script, new { session_id = "s", cwd = "/work", tool_name = "Read", tool_input = new { file_path = skill } });
        Assert.Contains("needs a warm cache", answer, StringComparison.Ordinal);
        Assert.Contains("/memories/experiences/rollout.md", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_starts_with_who_the_user_is_and_what_they_prefer()
    {
        string script = Script("claude-code-memory-plugin", "scripts", "session-start.mjs");
        await using ServerProcess server = await StartAsync();

        // Without a model, by what the user says.
        await CommitAsync(server, "My name is Ann. Always deploy with blue-green.");
        string answer = await RunAsync(server, script, new { session_id = "new", cwd = "/work", source = "startup" });
        Assert.Contains("My name is Ann.", answer, StringComparison.Ordinal);
        Assert.Contains("Always deploy with blue-green.", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("claude-code-memory-plugin")]
    [InlineData("codex-memory-plugin")]
    public async Task The_tools_of_the_plugin_answer(string plugin)
    {
        string script = Script(plugin, "servers", "mcp-proxy.mjs");
        await using ServerProcess server = await StartAsync();
        await CommitAsync(server, Decision);
        using Process proxy = Start(server, script);
        JsonElement started = await CallAsync(proxy, 1, "initialize", new
        {
            protocolVersion = "2025-06-18",
            capabilities = new { },
            clientInfo = new { name = "test", version = "1" },
        });
        Assert.Equal("durable-sessions", started.GetProperty("serverInfo").GetProperty("name").GetString());
        await SendAsync(proxy, new { jsonrpc = "2.0", method = "notifications/initialized" });
        JsonElement tools = await CallAsync(proxy, 2, "tools/list", new { });
        Assert.Contains("remember", tools.GetProperty("tools").EnumerateArray().Select(static t => t.GetProperty("name").GetString()));
        string found = await ToolAsync(proxy, 3, "search", new { query = "When does the billing export run?" });
        Assert.Contains("ledger_nightly", found, StringComparison.Ordinal);
        string phrase = await ToolAsync(proxy, 4, "grep", new { uri = "viking://~/sessions/first/history", pattern = "ledger_[a-z]+" });
        Assert.Contains("archive_001/messages.jsonl:1: ", phrase, StringComparison.Ordinal);
        string[] said = ["I prefer short answers."];
        string remembered = await ToolAsync(
            proxy, 5, "remember", new { messages = said.Select(static content => new { role = "user", content }) });
        string read = await ToolAsync(proxy, 6, "read", new { uris = remembered.Split(' ')[^1] });
        Assert.Equal("I prefer short answers.", read);
        proxy.Kill();
    }

    public void Dispose() => _folder.Dispose();

    private static object Prompt(string prompt) => new { session_id = "second", cwd = "/work", prompt };

    private static string Script(string plugin, params string[] path)
    {
        string folder = Environment.GetEnvironmentVariable(Variable) ?? Path.Combine(Repository.Root, "..", "OpenViking");
        string script = Path.Combine([folder, "examples", plugin, .. path]);
        Assert.SkipUnless(
            File.Exists(script),
            $"There is no {Path.Combine([plugin, .. path])}: clone volcengine/OpenViking next to the repository, or name its folder in "
            + $"{Variable}, and build what is in TypeScript.");
        return Path.GetFullPath(script);
    }

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(new Dictionary<string, string>
    {
        ["Storage__Folder"] = Path.Combine(_folder.Path, "data"),
    });

    private static async Task CommitAsync(ServerProcess server, string text)
    {
        const string Session = "/api/v1/sessions/first";
        using HttpResponseMessage appended = await server.Client.PostAsJsonAsync(
            $"{Session}/messages", new { role = "user", content = text }, Cancelled);
        appended.EnsureSuccessStatusCode();
        using HttpResponseMessage committed = await server.Client.PostAsJsonAsync($"{Session}/commit?wait=60", new { }, Cancelled);
        committed.EnsureSuccessStatusCode();
    }

    private Task<string> RunHostAsync(ServerProcess server, string host, string plugin, params Line[] lines) => RunAsync(
        server,
        Path.Combine(AppContext.BaseDirectory, "Plugins", host),
        lines.Select(static l => new { session = l.Session, role = l.Role, text = l.Text }),
        plugin);

    // As a hook is run: one process, which reads its event and answers.
    private async Task<string> RunAsync(ServerProcess server, string script, object input, params string[] arguments)
    {
        using Process hook = Start(server, script, arguments);
        await hook.StandardInput.WriteAsync(JsonSerializer.Serialize(input));
        hook.StandardInput.Close();
        string answer = await hook.StandardOutput.ReadToEndAsync(Cancelled).WaitAsync(s_timeout, Cancelled);
        await hook.WaitForExitAsync(Cancelled).WaitAsync(s_timeout, Cancelled);
        return answer;
    }

    private Process Start(ServerProcess server, string script, params string[] arguments)
    {
        string home = Path.Combine(_folder.Path, "home");
        Directory.CreateDirectory(home);
        var start = new ProcessStartInfo("node", [script, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home,
        };
        start.Environment["HOME"] = home;
        start.Environment["OPENVIKING_URL"] = server.Address.ToString().TrimEnd('/');
        start.Environment["OPENVIKING_MEMORY_ENABLED"] = "1";
        start.Environment["OPENVIKING_SKILL_EXPERIENCE"] = "1";
        start.Environment["OPENVIKING_STATE_DIR"] = Path.Combine(home, "state");
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task<string> ToolAsync(Process proxy, int id, string name, object arguments)
    {
        JsonElement result = await CallAsync(proxy, id, "tools/call", new { name, arguments });
        string text = result.GetProperty("content")[0].GetProperty("text").GetString()!;
        Assert.False(result.TryGetProperty("isError", out JsonElement failed) && failed.GetBoolean(), text);
        return text;
    }

    private static async Task<JsonElement> CallAsync(Process proxy, int id, string method, object parameters)
    {
        await SendAsync(proxy, new { jsonrpc = "2.0", id, method, @params = parameters });
        string? line = await proxy.StandardOutput.ReadLineAsync(Cancelled).AsTask().WaitAsync(s_timeout, Cancelled);
        JsonElement answer = JsonDocument.Parse(line!).RootElement;
        Assert.Equal(id, answer.GetProperty("id").GetInt32());
        return answer.TryGetProperty("result", out JsonElement result) ? result : throw new InvalidOperationException(line);
    }

    private static async Task SendAsync(Process proxy, object message)
    {
        await proxy.StandardInput.WriteLineAsync(JsonSerializer.Serialize(message));
        await proxy.StandardInput.FlushAsync(Cancelled);
    }

    private sealed record Line(string Session, string Role, string Text);
}
