using System.Net;
using DurableSessions.Core.Semantics;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>Probes and clients see whether a model is asked.</summary>
public sealed class ModelStatusTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData(false, "ok")]
    [InlineData(true, "away")]
    public async Task A_host_with_a_model_says_whether_it_is_asked_and_is_ready_all_the_same(bool isAway, string word)
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), model: new FixedModel(isAway));
        using HttpResponseMessage ready = await host.Client.GetAsync("/ready", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(
            $$$"""{"status":"ready","checks":{"storage":"ok","engine":"ok","model":"{{{word}}}"}}""",
            await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains(
            $"\"result\":{{\"initialized\":true,\"user\":\"default\",\"account\":\"default\",\"model\":\"{word}\"}}",
            await host.Client.GetStringAsync("/api/v1/system/status", TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    private sealed class FixedModel(bool isAway) : IModelStatus
    {
        public bool IsAway => isAway;
    }
}
