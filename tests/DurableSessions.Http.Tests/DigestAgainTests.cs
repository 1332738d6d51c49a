using System.Net;
using System.Text;
using System.Text.Json;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Semantics;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>After an outage of the model: one call for a user's sessions, one for all, and a retry of one task.</summary>
public sealed class DigestAgainTests(AzuriteFixture azurite)
{
    private const string Mine = "/api/v1/digest_again";
    private const string All = "/api/v1/system/digest_again";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static SessionOptions Once => new() { Semantic = new SemanticPolicy { MaxAttempts = 1 } };

    [Fact]
    public async Task One_call_is_for_the_callers_sessions_page_by_page_and_an_operators_for_all()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), options: Once);
        host.Processor.IsAway = true;
        foreach ((string user, string session) in ((string, string)[])[("ann", "s1"), ("ann", "s2"), ("bob", "s3")])
        {
            await DegradeAsync(host, user, session);
        }

        // A session whose archives a model has digested is passed over.
        host.Processor.IsAway = false;
        await SendAsync(host, "ann", "/api/v1/sessions/s4/messages", """{"role":"user","content":"one"}""");
        await SendAsync(host, "ann", "/api/v1/sessions/s4/commit?wait=60", "{}");

        List<int> started = [];
        string? cursor = "";
        while (cursor is not null)
        {
            Reply page = (await AskAsync(host, "ann", $"{Mine}?limit=2{cursor}")).Succeeded();
            started.Add(page.Result.GetProperty("sessions_started").GetInt32());
            cursor = page.Headers.TryGetValues("X-Next-Cursor", out IEnumerable<string>? next)
                ? $"&cursor={next.Single()}"
                : null;
        }

        Assert.Equal(2, started.Sum());
        Assert.InRange(started.Count, 2, 3);
        await EndAllAsync(host);
        Assert.Equal("covered", await StateAsync(host, "ann", "s1"));
        Assert.Equal("covered", await StateAsync(host, "ann", "s2"));
        Assert.Equal("degraded", await StateAsync(host, "bob", "s3"));

        Assert.Equal("""{"sessions_started":1}""", (await AskAsync(host, "ann", All)).ResultText());
        await EndAllAsync(host);
        Assert.Equal("covered", await StateAsync(host, "bob", "s3"));

        Assert.Equal("""{"sessions_started":0}""", (await AskAsync(host, "ann", All)).ResultText());
    }

    [Fact]
    public async Task A_retry_of_a_degraded_task_is_answered_with_it_and_it_tells_what_came_of_it()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), options: Once);
        host.Processor.IsAway = true;
        string task = $"/api/v1/tasks/{await DegradeAsync(host, "ann", "s1")}";
        host.Processor.IsAway = false;

        Reply asked = await AskAsync(host, "ann", $"{task}/retry");
        Assert.InRange((int)asked.Status, 200, 299);
        Assert.Equal("completed", asked.Result.GetProperty("status").GetString());
        await EndAllAsync(host);

        JsonElement result = (await AskAsync(host, "ann", task, HttpMethod.Get)).Succeeded().Result.GetProperty("result");
        Assert.False(result.TryGetProperty("reason", out JsonElement reason) && reason.ValueKind == JsonValueKind.String);
        Assert.Equal("covered", await StateAsync(host, "ann", "s1"));

        Assert.Equal(HttpStatusCode.PreconditionFailed, (await AskAsync(host, "ann", $"{task}/retry")).Status);
    }

    [Theory]
    [InlineData("?limit=0", "query.limit")]
    [InlineData("?limit=1001", "query.limit")]
    [InlineData("?cursor=%00", "query.cursor")]
    public async Task What_is_not_valid_is_refused(string query, string field)
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false);
        foreach (string path in (string[])[Mine, All])
        {
            Reply refused = await AskAsync(host, "ann", path + query);
            Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
            Assert.Contains($"\"message\":\"{field}", refused.Text, StringComparison.Ordinal);
        }
    }

    private static async Task<string> DegradeAsync(ApiHost host, string user, string session)
    {
        await SendAsync(host, user, $"/api/v1/sessions/{session}/messages", """{"role":"user","content":"one"}""");
        await SendAsync(host, user, $"/api/v1/sessions/{session}/commit?wait=60", "{}");
        Assert.Equal("degraded", await StateAsync(host, user, session));
        return (await ArchiveAsync(host, user, session)).GetProperty("task_id").GetString()!;
    }

    private static async Task<string?> StateAsync(ApiHost host, string user, string session) =>
        (await ArchiveAsync(host, user, session)).GetProperty("state").GetString();

    private static async Task<JsonElement> ArchiveAsync(ApiHost host, string user, string session)
    {
        Reply reply = await AskAsync(host, user, $"/api/v1/sessions/{session}/archives", HttpMethod.Get);
        return Assert.Single(reply.Succeeded().Result.EnumerateArray().ToList());
    }

    private static async Task EndAllAsync(ApiHost host)
    {
        OrchestrationPage page = await host.Orchestrations.ListInstancesAsync(new OrchestrationQuery(), Cancelled);
        foreach (OrchestrationMetadata instance in page.Values.Where(static m => m.Name == CommitNames.DigestAgainOrchestrator))
        {
            await host.Orchestrations.WaitForInstanceCompletionAsync(instance.InstanceId, Cancelled)
                .WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
        }
    }

    private static async Task SendAsync(ApiHost host, string user, string path, string json)
    {
        using HttpRequestMessage request = Request(HttpMethod.Post, user, path);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        Reply reply = await host.SendAsync(request);
        Assert.InRange((int)reply.Status, 200, 299);
    }

    private static async Task<Reply> AskAsync(ApiHost host, string user, string path, HttpMethod? method = null)
    {
        using HttpRequestMessage request = Request(method ?? HttpMethod.Post, user, path);
        return await host.SendAsync(request);
    }

    private static HttpRequestMessage Request(HttpMethod method, string user, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-OpenViking-User", user);
        return request;
    }
}
