using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

public sealed class DrainCommandTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task What_a_killed_server_left_is_carried_to_its_end_and_nothing_is_left()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = container.Name,
            ["Embedded__OwnershipSeconds"] = "3",
            ["Auth__Mode"] = "dev",
        };
        await using (ServerProcess server = await ServerProcess.StartAsync(environment))
        {
            await server.Client.PostAsJsonAsync("api/v1/sessions/s/messages", new { role = "user", content = "Hello" });
            Task<HttpResponseMessage> commit = server.Client.PostAsJsonAsync("api/v1/sessions/s/commit", new { });
            while (await CountActiveAsync(container) == 0 && !commit.IsCompleted)
            {
                await Task.Delay(1);
            }

            await server.KillAsync();
            await commit.ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(environment, "drain", "--wait", "60");

        Assert.True(exitCode == 0, output + errors);
        Assert.Contains("Drained.", output, StringComparison.Ordinal);
        Assert.Equal(0, await CountActiveAsync(container));
        await using ServerProcess next = await ServerProcess.StartAsync(environment);
        JsonNode archive = (await next.Client.GetFromJsonAsync<JsonNode>("api/v1/sessions/s/archives/archive_001"))!;
        Assert.Equal("Hello", (string?)archive["result"]!["messages"]![0]!["parts"]![0]!["text"]);
    }

    private static async Task<int> CountActiveAsync(BlobContainerClient container) => await container
        .GetBlobsAsync(BlobTraits.None, BlobStates.None, "orchestrations/active/", CancellationToken.None)
        .CountAsync();
}
