using System.Net;
using System.Net.Http.Json;
using Azure.Storage.Blobs;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

public sealed class ExpireCommandTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task It_leaves_what_is_used_alone()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = container.Name,
            ["Auth__Mode"] = "dev",
        };
        await using ServerProcess server = await ServerProcess.StartAsync(environment);
        await server.Client.PostAsJsonAsync("api/v1/sessions/s/messages", new { role = "user", content = "Hello" });

        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(environment, "expire", "--days", "1", "--dry-run");
        Assert.True(exitCode == 0, output + errors);
        Assert.Contains("0 sessions would be deleted: nothing was written in them for 1 days.", output, StringComparison.Ordinal);
        (exitCode, output, errors) = await ServerProcess.RunAsync(environment, "expire", "--days", "1");
        Assert.True(exitCode == 0, output + errors);
        Assert.Contains("0 sessions are to be deleted", output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(new Uri("api/v1/sessions/s", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task Without_days_it_says_what_is_missing()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = container.Name,
        };
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(environment, "expire");
        Assert.Equal(1, exitCode);
        Assert.Contains("Retention:SessionDays is 0", errors, StringComparison.Ordinal);
    }
}
