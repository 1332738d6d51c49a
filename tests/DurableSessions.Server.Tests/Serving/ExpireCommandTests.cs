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
    public async Task Old_archives_are_listed()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = container.Name,
            ["Retention__ArchiveDays"] = "30",
        };
        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(environment, "expire", "--archives", "--dry-run");
        Assert.True(exitCode == 0, output + errors);
        Assert.Contains("0 archives would be deleted: they were switched more than 30 days ago.", output, StringComparison.Ordinal);
        (exitCode, _, errors) = await ServerProcess.RunAsync(environment, "expire", "--archives", "--days", "1");
        Assert.Equal(1, exitCode);
        Assert.Contains("--days is 2 to 36500 with --archives.", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Retention:SessionDays is 0")]
    [InlineData("Retention:ArchiveDays is 0", "--archives")]
    public async Task Without_days_it_says_what_is_missing(string missing, params string[] options)
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = container.Name,
        };
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(environment, ["expire", .. options]);
        Assert.Equal(1, exitCode);
        Assert.Contains(missing, errors, StringComparison.Ordinal);
    }
}
