using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>What Durable Functions answers for its instances, to the letter.</summary>
public sealed partial class OrchestrationTests(ApiFixture api, AzuriteFixture azurite) : IClassFixture<ApiFixture>
{
    private const string Instances = "/runtime/webhooks/durabletask/instances";

    [Fact]
    public async Task An_instance_that_has_ended_is_reported_with_its_history()
    {
        string session = ApiFixture.NewSession();
        string id = await CommitAsync(session, "one", wait: true);

        Reply plain = await api.GetAsync($"{Instances}/{id}");
        Assert.Equal(HttpStatusCode.OK, plain.Status);
        Assert.Matches(
            $$"""
            ^{"name":"[^"]+","instanceId":"{{id}}","runtimeStatus":"Completed","input":{.*"{{session}}".*},
            "customStatus":.+,"output":{.+},"createdTime":"T","lastUpdatedTime":"T","historyEvents":null}$
            """.ReplaceLineEndings(""),
            Seconds().Replace(plain.Text, "\"T\""));
        Assert.DoesNotContain("Location", plain.Headers.Select(static h => h.Key));
        Assert.Contains("\"input\":null", (await api.GetAsync($"{Instances}/{id}?showInput=false")).Text, StringComparison.Ordinal);

        JsonElement whole = (await api.GetAsync($"{Instances}/{id}?showHistory=true&showHistoryOutput=true")).Json;
        JsonElement[] history = [.. whole.GetProperty("historyEvents").EnumerateArray()];
        Assert.Equal("ExecutionStarted", history[0].GetProperty("EventType").GetString());
        Assert.Equal("ExecutionCompleted", history[^1].GetProperty("EventType").GetString());
        Assert.Equal("Completed", history[^1].GetProperty("OrchestrationStatus").GetString());
        JsonElement[] tasks = [.. history.Where(static e => e.GetProperty("EventType").GetString() == "TaskCompleted")];
        Assert.Equal(4, tasks.Length);
        Assert.All(tasks, static t => Assert.Equal(
            ["EventType", "Timestamp", "ScheduledTime", "StartedTime", "Host", "Attempt", "FunctionName"],
            t.EnumerateObject().Select(static p => p.Name).Where(static n => n is not ("Input" or "Result"))));
        Assert.Contains(tasks, static t => t.TryGetProperty("Result", out _));
        Assert.DoesNotContain(history, static e => e.GetProperty("EventType").GetString() == "TaskScheduled");
        string quiet = (await api.GetAsync($"{Instances}/{id}?showHistory=true&showInput=false")).Text;
        Assert.DoesNotContain("\"Result\"", quiet, StringComparison.Ordinal);
        Assert.DoesNotContain("\"Input\"", quiet, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_that_runs_says_where_and_when_to_look_again()
    {
        string id = await CommitAsync(ApiFixture.NewSession(), ScriptedProcessor.HoldText, wait: false);
        string path = $"{Instances}/{id}?showInput=false";

        Reply running = await UntilAsync(id, "Running");
        Assert.Equal(HttpStatusCode.Accepted, running.Status);
        Assert.Equal(TimeSpan.FromSeconds(5), running.Headers.RetryAfter?.Delta);
        Assert.Equal(new Uri(api.Address, $"{Instances}/{id}").AbsoluteUri, running.Headers.Location?.AbsoluteUri);

        Assert.Equal("", await ControlAsync(id, "suspend?reason=a%20look", HttpStatusCode.Accepted));
        Assert.Contains("\"runtimeStatus\":\"Suspended\"", (await api.GetAsync(path)).Text, StringComparison.Ordinal);
        Assert.Equal("""{"instancesDeleted":0}""", (await api.SendAsync(HttpMethod.Delete, $"{Instances}/{id}", null)).Text);
        Assert.Equal("", await ControlAsync(id, "resume", HttpStatusCode.Accepted));
        await UntilAsync(id, "Running");
        Reply raised = await api.PostAsync($"{Instances}/{id}/raiseEvent/look", """{"at":1}""");
        Assert.Equal((HttpStatusCode.Accepted, ""), (raised.Status, raised.Text));
        Assert.Contains(
            "\"Name\":\"look\",\"Input\":{\"at\":1}",
            (await api.GetAsync($"{Instances}/{id}?showHistory=true")).Text,
            StringComparison.Ordinal);

        Assert.Equal("", await ControlAsync(id, "terminate?reason=enough", HttpStatusCode.Accepted));
        Reply over = await UntilAsync(id, "Terminated");
        Assert.Equal(HttpStatusCode.OK, over.Status);
        Assert.Contains("\"output\":\"enough\"", over.Text, StringComparison.Ordinal);
        foreach (string control in (string[])["terminate", "suspend", "resume", "raiseEvent/look"])
        {
            Assert.Equal(
                ErrorText.Of("FAILED_PRECONDITION", $"Orchestration instance '{id}' has ended."),
                await ControlAsync(id, control, HttpStatusCode.Gone));
        }

        Assert.Equal("""{"instancesDeleted":1}""", (await api.SendAsync(HttpMethod.Delete, $"{Instances}/{id}", null)).Text);
        Reply gone = await api.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, gone.Status);
        Assert.Equal(
            ErrorText.Of("NOT_FOUND", $"Orchestration instance '{id}' was not found.", "orchestration", id),
            gone.Text);
    }

    [Fact]
    public async Task Instances_are_listed_by_status_time_and_prefix_in_pages()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        await using ApiHost host = await ApiHost.StartAsync(storage);
        List<string> ids = [];
        for (int i = 0; i < 3; i++)
        {
            await host.Client.PostAsync($"/api/v1/sessions/s{i}/messages", Json("""{"role":"user","content":"x"}"""), Cancelled);
            using HttpResponseMessage commit = await host.Client.PostAsync($"/api/v1/sessions/s{i}/commit?wait=60", Json("{}"), Cancelled);
            JsonElement answer = JsonDocument.Parse(await commit.Content.ReadAsStringAsync(Cancelled)).RootElement;
            ids.Add(answer.GetProperty("result").GetProperty("task_id").GetString()!);
        }

        // None is active, all have ended: they fill one page.
        using HttpResponseMessage page = await host.Client.GetAsync($"{Instances}?top=50", Cancelled);
        Assert.Equal(ids.Order(), JsonDocument.Parse(await page.Content.ReadAsStringAsync(Cancelled)).RootElement.EnumerateArray()
            .Select(static i => i.GetProperty("instanceId").GetString()!).Order());
        Assert.False(page.Headers.Contains("x-ms-continuation-token"));
        Assert.Equal(ids.Order(), (await ListAsync(host, "?top=2")).Order());
        Assert.Equal(ids.Order(), (await ListAsync(host, "?runtimeStatus=Running,Completed&runtimeStatus=Failed")).Order());
        Assert.Empty(await ListAsync(host, "?runtimeStatus=Failed"));
        Assert.Empty(await ListAsync(host, "?runtimeStatus=Canceled"));
        Assert.Empty(await ListAsync(host, "?createdTimeTo=2020-01-01T00:00:00Z"));
        Assert.Equal(ids.Order(), (await ListAsync(host, "?createdTimeFrom=2020-01-01")).Order());
        Assert.Equal([ids[1]], await ListAsync(host, $"?instanceIdPrefix={ids[1]}"));
    }

    [Theory]
    [InlineData("GET", "?runtimeStatus=Over", "query.runtimeStatus")]
    [InlineData("GET", "?top=0", "query.top")]
    [InlineData("GET", "?top=1001", "query.top")]
    [InlineData("GET", "?createdTimeFrom=yesterday", "query.createdTimeFrom")]
    [InlineData("GET", "?createdTimeFrom=2026-01-31%00", "query.createdTimeFrom")]
    [InlineData("GET", "?showInput=perhaps", "query.showInput")]
    [InlineData("GET", "/a%20b", "path.instance_id")]
    [InlineData("POST", "/a/raiseEvent/e", "body")]
    public async Task What_does_not_fit_is_named(string method, string path, string field)
    {
        Reply reply = await api.SendAsync(new HttpMethod(method), Instances + path, method == "POST" ? "{" : null);
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith($"{field}: ", reply.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await api.GetAsync(Instances, ("x-ms-continuation-token", "nonsense"))).Status);
    }

    [Fact]
    public async Task An_event_that_is_too_large_is_refused()
    {
        Reply reply = await api.PostAsync($"{Instances}/a/raiseEvent/e", $"\"{new string('x', 65 * 1024)}\"");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
        Assert.Equal("RESOURCE_EXHAUSTED", reply.Error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Only_an_operators_key_opens_them()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        var store = new KeyStore(storage.Container, TimeProvider.System);
        string user = (await store.AddAsync("acme", "ann", Cancelled)).Text;
        string key = (await store.AddAsync(null, null, Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, keyTime: TimeProvider.System);
        foreach ((string method, string path) in ((string, string)[])
            [
                ("GET", ""), ("GET", "/a"), ("DELETE", "/a"), ("POST", "/a/terminate"),
                ("POST", "/a/suspend"), ("POST", "/a/resume"), ("POST", "/a/raiseEvent/e"),
            ])
        {
            Assert.Equal((HttpStatusCode.Unauthorized, "UNAUTHENTICATED"), await SendAsync(host, method, path, null));
            Assert.Equal((HttpStatusCode.Forbidden, "PERMISSION_DENIED"), await SendAsync(host, method, path, user));
            Assert.Equal(
                path.Length == 0 ? (HttpStatusCode.OK, null) : (HttpStatusCode.NotFound, "NOT_FOUND"),
                await SendAsync(host, method, path, key));
        }
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static StringContent Json(string json) => new(json, System.Text.Encoding.UTF8, "application/json");

    private static async Task<(HttpStatusCode Status, string? Code)> SendAsync(ApiHost host, string method, string path, string? key)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Instances + path);
        request.Content = method == "POST" ? Json("{}") : null;
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        using HttpResponseMessage response = await host.Client.SendAsync(request, Cancelled);
        JsonElement json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancelled)).RootElement;
        string? code = json.ValueKind == JsonValueKind.Object ? json.GetProperty("error").GetProperty("code").GetString() : null;
        return (response.StatusCode, code);
    }

    private static async Task<List<string>> ListAsync(ApiHost host, string query)
    {
        List<string> ids = [];
        for (string? token = ""; token is not null;)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Instances + query);
            if (token.Length > 0)
            {
                request.Headers.Add("x-ms-continuation-token", token);
            }

            using HttpResponseMessage response = await host.Client.SendAsync(request, Cancelled);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            ids.AddRange(JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancelled)).RootElement.EnumerateArray()
                .Select(static i => i.GetProperty("instanceId").GetString()!));
            token = response.Headers.TryGetValues("x-ms-continuation-token", out IEnumerable<string>? next) ? next.Single() : null;
        }

        return ids;
    }

    private async Task<string> CommitAsync(string session, string text, bool wait)
    {
        await api.PostAsync($"/api/v1/sessions/{session}/messages", $$"""{"role":"user","content":"{{text}}"}""");
        return (await api.PostAsync($"/api/v1/sessions/{session}/commit?wait={(wait ? 60 : 0)}")).ResultText("task_id");
    }

    private async Task<string> ControlAsync(string id, string control, HttpStatusCode expected)
    {
        Reply reply = await api.PostAsync(
            $"{Instances}/{id}/{control}", control.StartsWith("raise", StringComparison.Ordinal) ? "{}" : null);
        Assert.Equal(expected, reply.Status);
        return reply.Text;
    }

    private async Task<Reply> UntilAsync(string id, string status)
    {
        for (int i = 0; i < 300; i++)
        {
            Reply reply = await api.GetAsync($"{Instances}/{id}");
            if (reply.Json.GetProperty("runtimeStatus").GetString() == status)
            {
                return reply;
            }

            await Task.Delay(100, Cancelled);
        }

        throw new TimeoutException($"Instance {id} is not {status}.");
    }

    [GeneratedRegex("\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\"")]
    private static partial Regex Seconds();
}
