using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>Keys of what is done to tasks and memories, honoured by every host.</summary>
public sealed class IdempotencyTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task A_key_ends_one_attempt_and_starts_one_whichever_host_it_comes_to()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        await using ApiHost one = await ApiHost.StartAsync(storage);
        await using ApiHost other = await ApiHost.StartAsync(storage);
        string task = $"/api/v1/tasks/{await CommitAsync(one, "s")}";
        string otherTask = $"/api/v1/tasks/{await CommitAsync(one, "t")}";

        Assert.Equal("cancelled 1", await OnceOverAsync(one, task, await PostAsync(one, $"{task}/cancel", "{}", "cancel-1")));
        Assert.Equal("cancelled 1", Standing(await PostAsync(other, $"{task}/cancel", "{}", "cancel-1")));

        // A repeated cancellation does not end what was started since, nor does a repeated retry start it again once it is over too.
        Assert.EndsWith(" 2", Standing(await PostAsync(one, $"{task}/retry", "{}", "retry-1")), StringComparison.Ordinal);
        Assert.Contains(Standing(await PostAsync(other, $"{task}/cancel", "{}", "cancel-1")), (string[])["pending 2", "running 2"]);
        Assert.Contains(Standing(await PostAsync(other, $"{task}/retry", "{}", "retry-1")), (string[])["pending 2", "running 2"]);
        Assert.Equal("cancelled 2", await OnceOverAsync(one, task, await PostAsync(other, $"{task}/cancel", "{}", "cancel-2")));
        Assert.Equal("cancelled 2", Standing(await PostAsync(other, $"{task}/retry", null, "retry-1")));

        foreach ((string path, string body) in (IEnumerable<(string, string)>)
            [
                ($"{task}/retry", """{"telemetry":true}"""), ($"{task}/cancel", "{}"),
                ($"{otherTask}/retry", "{}"), ($"{otherTask}/cancel", "{}"),
            ])
        {
            Reply reused = await PostAsync(other, path, body, "retry-1");
            Assert.Equal(HttpStatusCode.BadRequest, reused.Status);
            Assert.Contains("Idempotency-Key", reused.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        one.Processor.Release();
        other.Processor.Release();
        Assert.Equal("completed 3", await OnceOverAsync(other, task, await PostAsync(other, $"{task}/retry", "{}", "retry-2")));
        Assert.Equal("completed 3", Standing(await PostAsync(one, $"{task}/retry", "{}", "retry-2")));
        Assert.Equal("completed 3", Standing(await PostAsync(one, $"{task}/cancel", "{}", "cancel-2")));
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await PostAsync(one, $"{task}/retry", "{}", "retry-3")).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await PostAsync(one, $"{task}/cancel", "{}", "cancel-3")).Status);
    }

    [Fact]
    public async Task A_key_takes_memories_back_once_and_gives_the_same_answer_after_later_writes()
    {
        const string Undo = "/api/v1/sessions/s/archives/archive_001/memory_diff/undo";
        SessionStorage storage = await azurite.NewStorageAsync();
        await using ApiHost one = await ApiHost.StartAsync(storage);
        await using ApiHost other = await ApiHost.StartAsync(storage);
        foreach (string what in (string[])["one", "two"])
        {
            (await PostAsync(one, "/api/v1/sessions/s/messages", $$"""{"role":"user","content":"remember {{what}}"}""")).Succeeded();
            (await PostAsync(one, "/api/v1/sessions/s/commit?wait=60", "{}")).Succeeded();
        }

        string first = (await PostAsync(one, Undo, "{}", "undo")).ResultText();
        Assert.Contains("\"changes\":[{", first, StringComparison.Ordinal);
        Assert.Equal("two\n", await RememberedAsync(other));
        const string Written = "one\ntwo\n";
        string memory = JsonSerializer.Serialize(new { content = Written });
        (await SendAsync(one, HttpMethod.Put, "/api/v1/memories/events/remembered", memory, null)).Succeeded();
        Assert.Equal(first, (await PostAsync(other, Undo, null, "undo")).ResultText());
        Assert.Equal(Written, await RememberedAsync(one));
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(other, Undo, """{"telemetry":true}""", "undo")).Status);
        string undoOther = Undo.Replace("archive_001", "archive_002", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(other, undoOther, "{}", "undo")).Status);

        // Another key's request takes the first one's name out of the catalogue; its answer stands.
        (await PostAsync(other, Undo, "{}", "undo-2")).Succeeded();
        Assert.Equal("two\n", await RememberedAsync(one));
        Assert.Equal(first, (await PostAsync(one, Undo, "{}", "undo")).ResultText());
    }

    [Theory]
    [InlineData("/api/v1/system/wait")]
    [InlineData("/api/v1/tasks/c0123/cancel")]
    [InlineData("/api/v1/tasks/c0123/retry")]
    [InlineData("/api/v1/sessions")]
    [InlineData("/api/v1/sessions/s/used")]
    [InlineData("/api/v1/sessions/s/commit")]
    [InlineData("/api/v1/sessions/s/messages")]
    [InlineData("/api/v1/sessions/s/messages/batch")]
    [InlineData("/api/v1/sessions/s/archives/archive_001/memory_diff/undo")]
    public async Task A_key_that_is_invalid_is_refused_by_every_route(string path)
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false);
        Reply reply = await PostAsync(host, path, "{}", "two words");
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith("header.Idempotency-Key: ", reply.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static async Task<string> CommitAsync(ApiHost host, string session)
    {
        const string Message = $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""";
        (await PostAsync(host, $"/api/v1/sessions/{session}/messages", Message)).Succeeded();
        return (await PostAsync(host, $"/api/v1/sessions/{session}/commit", "{}")).ResultText("task_id");
    }

    private static string Standing(Reply task)
    {
        JsonElement result = task.Succeeded().Result;
        return $"{result.GetProperty("status").GetString()} {result.GetProperty("meta").GetProperty("attempt").GetInt32()}";
    }

    private static async Task<string> OnceOverAsync(ApiHost host, string task, Reply accepted)
    {
        string standing = Standing(accepted);
        while (standing.Split(' ')[0] is "pending" or "running" or "cancelling")
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            standing = Standing(await SendAsync(host, HttpMethod.Get, task, null, null));
        }

        return standing;
    }

    private static async Task<string?> RememberedAsync(ApiHost host) =>
        (await SendAsync(host, HttpMethod.Get, "/api/v1/memories/events/remembered", null, null)).ResultText("content");

    private static Task<Reply> PostAsync(ApiHost host, string path, string? json, string? key = null) =>
        SendAsync(host, HttpMethod.Post, path, json, key);

    private static async Task<Reply> SendAsync(ApiHost host, HttpMethod method, string path, string? json, string? key)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using HttpResponseMessage response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers,
            response.Content.Headers.ContentType?.ToString());
    }
}
