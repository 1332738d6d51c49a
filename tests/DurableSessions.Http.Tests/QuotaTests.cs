using System.Net;
using System.Text;
using DurableSessions.Core.Configuration;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>
/// What is over a quota is answered 429, with the quota, its limit and what there is: plugins keep their turns, and send them again.
/// </summary>
public sealed class QuotaTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_over_a_quota_names_it()
    {
        var options = new SessionOptions { Quotas = new QuotaSettings { Sessions = 1 } };
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false, options: options);
        Assert.Equal(HttpStatusCode.OK, (await AppendAsync(host, "a")).StatusCode);
        foreach (HttpResponseMessage refused in new[]
        {
            await AppendAsync(host, "b"),
            await PostAsync(host, "/api/v1/sessions", """{"session_id":"b"}"""),
            await host.Client.GetAsync("/api/v1/sessions/b?auto_create=true", Cancelled),
        })
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            Assert.Equal(
                ErrorText.Of(
                    "RESOURCE_EXHAUSTED",
                    "Account 'default' is over its quota Quotas:Sessions: it has 1 of 1, and the request needs 1 more.",
                    """{"quota":"Sessions","limit":1,"value":1}"""),
                await refused.Content.ReadAsStringAsync(Cancelled));
            refused.Dispose();
        }

        Assert.Equal(HttpStatusCode.OK, (await AppendAsync(host, "a")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.GetAsync("/api/v1/sessions/b", Cancelled)).StatusCode);
    }

    private static Task<HttpResponseMessage> AppendAsync(ApiHost host, string session) =>
        PostAsync(host, $"/api/v1/sessions/{session}/messages", """{"role":"user","content":"x"}""");

    private static async Task<HttpResponseMessage> PostAsync(ApiHost host, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await host.Client.PostAsync(path, content, Cancelled);
    }
}
