using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DurableSessions.Testing;

namespace DurableSessions.DurableTask.Tests;

/// <summary>What the Functions app answers, as the server does.</summary>
public sealed partial class AppTests(AzuriteFixture azurite)
{
    private const string Site = $"https://{AppHost.PublicName}";

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_appended_and_committed_and_measured()
    {
        await using AppHost app = await AppHost.StartAsync(azurite);
        using HttpClient user = app.Connect(app.User);
        using HttpClient op = app.Connect(app.Operator);
        await AppendAsync(user);
        using HttpResponseMessage commit = await user.PostAsJsonAsync("api/v1/sessions/s/commit?wait=30", new { }, Cancelled);
        JsonNode task = (await commit.Content.ReadFromJsonAsync<JsonNode>(Cancelled))!["result"]!["task"]!;
        Assert.Equal("completed", (string?)task["status"]);

        Assert.Contains(
            "The engine tells no steps.", await op.GetStringAsync($"ui/commits/{task["task_id"]}", Cancelled), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Forbidden, (await user.GetAsync("metrics", Cancelled)).StatusCode);
        string metrics = await op.GetStringAsync("metrics", Cancelled);
        Assert.Contains("durable_sessions_append_messages", metrics, StringComparison.Ordinal);
        Assert.Contains("service_name=\"durable-sessions\"", metrics, StringComparison.Ordinal);
        foreach (string path in (string[])["docs/", "openapi/v1.json", "health", "ready"])
        {
            using HttpResponseMessage answer = await user.GetAsync(path, Cancelled);
            Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
        }

        // The extension's own.
        Assert.Equal(HttpStatusCode.NotFound, (await op.GetAsync("runtime/webhooks/durabletask/instances", Cancelled)).StatusCode);
    }

    [Fact]
    public async Task A_person_signs_in_over_the_hosts_forwarding_and_sees_a_session_change()
    {
        await using AppHost app = await AppHost.StartAsync(azurite);
        using HttpClient user = app.Connect(app.User);
        await AppendAsync(user);
        using HttpClient browser = app.Connect();
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("ui/assets/ui.css", Cancelled)).StatusCode);
        using HttpResponseMessage form = await browser.GetAsync("ui/sign-in", Cancelled);
        browser.DefaultRequestHeaders.Add("Cookie", Cookie(form));
        string token = TokenField().Match(await form.Content.ReadAsStringAsync(Cancelled)).Groups[1].Value;

        Assert.Equal(HttpStatusCode.Forbidden, (await SignInAsync(browser, app.User, token, "https://another.example")).StatusCode);
        using HttpResponseMessage entered = await SignInAsync(browser, app.User, token, Site);
        Assert.Equal(HttpStatusCode.SeeOther, entered.StatusCode);
        Assert.StartsWith("__Secure-", Cookie(entered), StringComparison.Ordinal);
        browser.DefaultRequestHeaders.Add("Cookie", Cookie(entered));
        Assert.Contains("/ui/sessions/s", await browser.GetStringAsync("ui/sessions", Cancelled), StringComparison.Ordinal);

        using HttpResponseMessage live = await browser.GetAsync("ui/sessions/s/live", HttpCompletionOption.ResponseHeadersRead, Cancelled);
        Assert.Equal("text/event-stream", live.Content.Headers.ContentType!.MediaType);
        using var events = new StreamReader(await live.Content.ReadAsStreamAsync(Cancelled));
        string first = await NextIdAsync(events);
        await AppendAsync(user);
        Assert.NotEqual(first, await NextIdAsync(events));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task Without_keys_it_answers_nothing_that_the_host_forwards(string name)
    {
        await using AppHost app = await AppHost.StartAsync(azurite, hasKeys: false);
        using HttpClient client = app.Connect();
        client.DefaultRequestHeaders.Remove("X-Forwarded-Host");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", name);
        foreach (string path in (string[])["api/v1/sessions", "ui/sessions", "metrics"])
        {
            using HttpResponseMessage answer = await client.GetAsync(path, Cancelled);
            Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, $"{path}: {answer.StatusCode}");
        }
    }

    private static async Task AppendAsync(HttpClient user) => (await user.PostAsJsonAsync(
        "api/v1/sessions/s/messages", new { role = "user", content = "Hello" }, Cancelled)).EnsureSuccessStatusCode();

    private static async Task<HttpResponseMessage> SignInAsync(HttpClient browser, string key, string token, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "ui/sign-in")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["key"] = key, ["token"] = token }),
        };
        request.Headers.Add("Origin", origin);
        return await browser.SendAsync(request, Cancelled);
    }

    private static string Cookie(HttpResponseMessage answer) => answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

    private static async Task<string> NextIdAsync(StreamReader events)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(s_timeout);
        while (true)
        {
            string line = await events.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("The stream has ended.");
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                return line;
            }
        }
    }

    [GeneratedRegex("name=\"token\" value=\"([^\"]+)\"")]
    private static partial Regex TokenField();
}
