using System.Net;
using System.Text;
using System.Text.Json;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>An archive's digest is previewed, put in place, and taken back.</summary>
public sealed class ArchiveDigestTests(AzuriteFixture azurite)
{
    private const string Archive = "/api/v1/sessions/s1/archives/archive_001";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_preview_is_shown_beside_the_present_digest_then_put_in_place_and_taken_back()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync());
        await SendAsync(host, "/api/v1/sessions/s1/messages", """{"role":"user","content":"one"}""");
        await SendAsync(host, "/api/v1/sessions/s1/commit?wait=60", "{}");
        Assert.Equal([(1, true)], await VersionsAsync(host));

        JsonElement preview = await ToEndAsync(host, """{"mode":"preview","instructions":", with prices"}""");
        Assert.Equal("archive_digest", preview.GetProperty("task_type").GetString());
        JsonElement result = preview.GetProperty("result");
        Assert.Equal("# 1 messages, with prices", result.GetProperty("digest").GetProperty("overview").GetString());
        Assert.Equal("# 1 messages", result.GetProperty("present").GetProperty("overview").GetString());
        Assert.Equal("# 1 messages", await OverviewAsync(host));

        await ToEndAsync(host, """{"mode":"restore","version":2}""");
        Assert.Equal("# 1 messages, with prices", await OverviewAsync(host));
        Assert.Equal([(2, true), (1, false)], await VersionsAsync(host));
        await ToEndAsync(host, """{"mode":"restore","version":1}""");
        Assert.Equal("# 1 messages", await OverviewAsync(host));
        await ToEndAsync(host, """{"mode":"replace","instructions":", with dates"}""");
        Assert.Equal("# 1 messages, with dates", await OverviewAsync(host));
        Assert.Equal([(3, true), (2, false), (1, false)], await VersionsAsync(host));

        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(host, $"{Archive}/digest", """{"mode":"restore","version":4}""")).Status);
    }

    [Fact]
    public async Task While_one_is_on_its_way_another_is_a_conflict()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync());
        await SendAsync(host, "/api/v1/sessions/s1/messages", $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""");
        await SendAsync(host, "/api/v1/sessions/s1/commit", "{}");
        Reply pending = await AskAsync(host, $"{Archive}/digest", """{"mode":"preview"}""");
        Assert.Equal(HttpStatusCode.PreconditionFailed, pending.Status);
        host.Processor.Release();
        await SendAsync(host, "/api/v1/system/wait", "{}");
        host.Processor.Hold();

        string first = (await AskAsync(host, $"{Archive}/digest", """{"mode":"preview"}""")).Succeeded().Result
            .GetProperty("task_id").GetString()!;
        Reply busy = await AskAsync(host, $"{Archive}/digest", """{"mode":"replace"}""");
        Assert.Equal(HttpStatusCode.Conflict, busy.Status);
        Assert.Contains(first, busy.Text, StringComparison.Ordinal);
        Assert.Contains("\"retryable\":true", busy.Text, StringComparison.Ordinal);
        host.Processor.Release();
        await host.Orchestrations.WaitForInstanceCompletionAsync(first, Cancelled).WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
        await ToEndAsync(host, """{"mode":"replace"}""");

        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(host, $"/api/v1/tasks/{first}/retry", "{}")).Status);
        using var other = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/tasks/{first}");
        other.Headers.Add("X-OpenViking-User", "bob");
        Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync(other)).Status);
    }

    private static async Task<JsonElement> ToEndAsync(ApiHost host, string json)
    {
        Reply reply = (await AskAsync(host, $"{Archive}/digest?wait=60", json)).Succeeded();
        Assert.Equal("completed", reply.Result.GetProperty("status").GetString());
        Assert.Equal(reply.ResultText(), (await ReadAsync(host, reply.Headers.GetValues("Location").Single())).ResultText());
        return reply.Result;
    }

    private static async Task<List<(int Version, bool IsInPlace)>> VersionsAsync(ApiHost host) =>
        [.. (await ReadAsync(host, $"{Archive}/digests")).Result.EnumerateArray()
            .Select(static d => (d.GetProperty("version").GetInt32(), d.GetProperty("in_place").GetBoolean()))];

    private static async Task<string?> OverviewAsync(ApiHost host)
    {
        string? context = (await ReadAsync(host, "/api/v1/sessions/s1/context")).Result.GetProperty("latest_archive_overview").GetString();
        Assert.Equal(context, (await ReadAsync(host, Archive)).Result.GetProperty("overview").GetString());
        return context;
    }

    private static async Task<Reply> ReadAsync(ApiHost host, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return (await host.SendAsync(request)).Succeeded();
    }

    private static async Task SendAsync(ApiHost host, string path, string json) => (await AskAsync(host, path, json)).Succeeded();

    private static async Task<Reply> AskAsync(ApiHost host, string path, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await host.SendAsync(request);
    }
}
