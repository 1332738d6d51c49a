using System.Net;
using System.Text;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>Requests that wait are bounded, and one that is refused has started nothing.</summary>
public sealed class OpenWaitTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_wait_more_of_a_client_is_refused_and_starts_nothing()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), limits: new HttpLimits { Waits = 1 });
        await PostAsync(host, "/api/v1/sessions/a/messages", $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""");
        await PostAsync(host, "/api/v1/sessions/b/messages", """{"role":"user","content":"x"}""");
        Task<HttpResponseMessage> waiting = PostAsync(host, "/api/v1/sessions/a/commit?wait=60", "{}");
        await WaitsAsync(host, 1);

        (string, string)[] waits = [("/api/v1/sessions/b/commit?wait=1", "{}"), ("/api/v1/system/wait", """{"timeout":1}""")];
        foreach ((string path, string json) in waits)
        {
            using HttpResponseMessage refused = await PostAsync(host, path, json);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
            Assert.Equal(
                ErrorText.Of(
                    "RESOURCE_EXHAUSTED",
                    "As many requests of this key or address wait as may, 1 (Limits:Waits). "
                    + "Nothing was started; try again, or without a wait."),
                await refused.Content.ReadAsStringAsync(Cancelled));
        }

        using HttpResponseMessage tasks = await host.Client.GetAsync("/api/v1/tasks?resource_id=b", Cancelled);
        Assert.Contains("\"result\":[]", await tasks.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);

        // Without a wait it is started, and once the first has its answer, waits are taken again.
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(host, "/api/v1/sessions/b/commit", "{}")).StatusCode);
        host.Processor.Release();
        Assert.Equal(HttpStatusCode.OK, (await waiting).StatusCode);
        await WaitsAsync(host, 0);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(host, "/api/v1/system/wait", """{"timeout":60}""")).StatusCode);
    }

    [Fact]
    public async Task Each_key_has_its_own_also_from_one_address()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        var keys = new KeyStore(storage.Container, TimeProvider.System);
        string ann = (await keys.AddAsync("acme", "ann", Cancelled)).Text;
        string bob = (await keys.AddAsync("acme", "bob", Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(
            storage, keyTime: TimeProvider.System, limits: new HttpLimits { Waits = 1 });
        string message = $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""";
        await host.SendAsync("/api/v1/sessions/a/messages", ann, HttpMethod.Post, message);
        Task<Reply> waiting = host.SendAsync("/api/v1/sessions/a/commit?wait=60", ann, HttpMethod.Post, "{}");
        await WaitsAsync(host, 1);

        const string Wait = "/api/v1/system/wait";
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.SendAsync(Wait, ann, HttpMethod.Post, "{}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(Wait, bob, HttpMethod.Post, "{}")).Status);
        host.Processor.Release();
        (await waiting).Succeeded();
    }

    [Fact]
    public async Task A_wait_whose_client_has_gone_is_no_wait_any_more()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), limits: new HttpLimits { Waits = 1 });
        await PostAsync(host, "/api/v1/sessions/a/messages", $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""");
        using (var leaving = new CancellationTokenSource())
        {
            Task<HttpResponseMessage> waiting = host.Client.PostAsync("/api/v1/sessions/a/commit?wait=60", null, leaving.Token);
            await WaitsAsync(host, 1);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        await WaitsAsync(host, 0);
    }

    [Theory]
    [InlineData(100, 2_000, 1_000)]
    [InlineData(100_000, 2_000, 1_000)]
    [InlineData(10, 2_000, 100)]
    [InlineData(1, 1, 1)]
    public void All_waits_together_leave_half_of_the_connections(int waits, int connections, int expected) =>
        Assert.Equal(expected, OpenWaits.MostOf(new HttpLimits { Waits = waits, Connections = connections }));

    [Fact]
    public async Task One_wait_more_of_all_clients_is_refused()
    {
        var limits = new HttpLimits { Waits = 5, Connections = 4 };
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), limits: limits);
        await PostAsync(host, "/api/v1/sessions/a/messages", $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""");
        await PostAsync(host, "/api/v1/sessions/a/commit", "{}");
        Task<HttpResponseMessage>[] waiting =
            [.. Enumerable.Range(0, 2).Select(_ => PostAsync(host, "/api/v1/system/wait", """{"timeout":60}"""))];
        await WaitsAsync(host, 2);
        using HttpResponseMessage refused = await PostAsync(host, "/api/v1/system/wait", """{"timeout":60}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        string text = await refused.Content.ReadAsStringAsync(Cancelled);
        Assert.Contains("As many requests wait on this host as may, 2.", text, StringComparison.Ordinal);
        host.Processor.Release();
        await Task.WhenAll(waiting);
    }

    private static async Task WaitsAsync(ApiHost host, int count)
    {
        while (host.Waits.Count != count)
        {
            await Task.Delay(10, Cancelled);
        }
    }

    private static async Task<HttpResponseMessage> PostAsync(ApiHost host, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await host.Client.PostAsync(path, content, Cancelled);
    }
}
