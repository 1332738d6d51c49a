using System.Text;
using System.Text.Json;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.State;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>A host whose sessions start with a policy: given, turned off by <c>null</c>, or not mentioned are three things.</summary>
public sealed class DefaultPolicyTests(AzuriteFixture azurite)
{
    private const string Path = "/api/v1/sessions";
    private const string Default =
        """{"pending_token_threshold":150000,"message_count_threshold":7,"idle_timeout_seconds":86400,"keep_recent_count":"""
        + """0,"min_commit_interval_seconds":0}""";

    private const string Given =
        """{"pending_token_threshold":150000,"message_count_threshold":100,"idle_timeout_seconds":86400,"keep_recent_count":"""
        + """3,"min_commit_interval_seconds":0}""";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", Default)]
    [InlineData(""","auto_commit_policy":null""", "null")]
    [InlineData(""","auto_commit_policy":{"keep_recent_count":3}""", Given)]
    public async Task What_a_client_says_of_a_policy_goes_before_the_hosts(string said, string policy)
    {
        var options = new SessionOptions { DefaultAutoCommitPolicy = new AutoCommitPolicy { MessageCountThreshold = 7 } };
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false, options: options);
        Assert.Equal(policy, Policy(await SendAsync(host, HttpMethod.Post, Path, $$"""{"session_id":"s1"{{said}}}""")));
        Assert.Equal(policy, Policy(await SendAsync(host, HttpMethod.Get, $"{Path}/s1", null)));
        Assert.Equal(policy, Policy(await SendAsync(host, HttpMethod.Patch, $"{Path}/s1/config", "{}")));

        // Off stays off for the messages that come, and for a reader that would create the session.
        await SendAsync(host, HttpMethod.Patch, $"{Path}/s1/config", """{"auto_commit_policy":null}""");
        Assert.Equal("null", Policy(await SendAsync(host, HttpMethod.Get, $"{Path}/s1?auto_create=true", null)));
    }

    [Fact]
    public async Task A_session_that_is_created_by_a_look_has_the_hosts_policy()
    {
        var options = new SessionOptions { DefaultAutoCommitPolicy = new AutoCommitPolicy { MessageCountThreshold = 7 } };
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false, options: options);
        Assert.Equal(Default, Policy(await SendAsync(host, HttpMethod.Get, $"{Path}/s1?auto_create=true", null)));
    }

    private static string Policy(JsonElement result) => result.GetProperty("auto_commit_policy").GetRawText();

    private static async Task<JsonElement> SendAsync(ApiHost host, HttpMethod method, string path, string? json)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Client.SendAsync(request, Cancelled);
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancelled)).RootElement.GetProperty("result").Clone();
    }
}
