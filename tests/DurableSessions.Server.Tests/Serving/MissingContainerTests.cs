using Azure.Storage.Blobs;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>A container whose name was mistyped.</summary>
public sealed class MissingContainerTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData("so there is nothing to check. Is Storage:Container right?", "check")]
    [InlineData("so there is nothing to check. Is Storage:Container right?", "check", "--repair")]
    [InlineData("so there is nothing to drain. Is Storage:Container right?", "drain")]
    [InlineData("so there are no keys. Check Storage:Container; ", "keys", "list")]
    [InlineData("so there are no keys. Check Storage:Container; ", "keys", "revoke", "0123456789ab")]
    [InlineData("so there are no keys. Check Storage:Container; ", "keys", "rotate", "0123456789ab")]
    public async Task A_command_says_that_there_is_none_and_creates_none(string expected, params string[] command)
    {
        BlobContainerClient container = await MissingAsync();
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(await EnvironmentAsync(container), command);
        Assert.Equal(1, exitCode);
        Assert.Contains($"error: There is no container at {container.Uri}, {expected}", errors, StringComparison.Ordinal);
        Assert.False(await container.ExistsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_first_key_creates_it_and_says_so()
    {
        BlobContainerClient container = await MissingAsync();
        (int exitCode, string output, string errors) =
            await ServerProcess.RunAsync(await EnvironmentAsync(container), "keys", "add");
        Assert.Equal(0, exitCode);
        Assert.Contains($"There was no container at {container.Uri}; it is created.", errors, StringComparison.Ordinal);
        Assert.StartsWith("Key ", output, StringComparison.Ordinal);
    }

    private async Task<BlobContainerClient> MissingAsync() => (await azurite.ConnectAsync($"mistyped-{Guid.NewGuid():N}")).Container;

    private async Task<Dictionary<string, string>> EnvironmentAsync(BlobContainerClient container) => new()
    {
        ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
        ["Storage__Container"] = container.Name,
    };
}
