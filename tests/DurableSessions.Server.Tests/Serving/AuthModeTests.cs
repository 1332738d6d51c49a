using System.Net;
using Azure.Storage.Blobs;
using DurableSessions.Http.Keys;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>A server answers requests without a key only where it was meant to.</summary>
public sealed class AuthModeTests(AzuriteFixture azurite)
{
    private const string Loopback = "http://127.0.0.1:0";

    [Theory]
    [InlineData(null, "There are no keys. Make the first one with 'keys add', or set Auth:Mode=dev")]
    [InlineData("keys", "There are no keys, and Auth:Mode is keys. Make the first one with 'keys add'.")]
    public async Task A_storage_account_without_keys(string? mode, string expected) => await StartErrorTests.AssertErrorAsync(
        await SettingsAsync(await azurite.NewContainerAsync(), mode), Loopback, expected);

    [Fact]
    public async Task A_container_that_is_missing_is_created_by_the_first_key_and_not_by_a_start()
    {
        BlobContainerClient container = (await azurite.ConnectAsync($"missing-{Guid.NewGuid():N}")).Container;
        Dictionary<string, string> settings = await SettingsAsync(container, mode: null);

        await StartErrorTests.AssertErrorAsync(settings, Loopback, $"There is no container at {container.Uri}, so there are no keys.");
        Assert.False(await container.ExistsAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, (await ServerProcess.RunAsync(settings, "keys", "add")).ExitCode);

        await using ServerProcess server = await ServerProcess.StartAsync(settings);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(server));
    }

    [Fact]
    public async Task Dev_mode_on_a_storage_account_is_asked_for_and_creates_the_container()
    {
        BlobContainerClient container = (await azurite.ConnectAsync($"missing-{Guid.NewGuid():N}")).Container;

        await using ServerProcess server = await ServerProcess.StartAsync(await SettingsAsync(container, "dev"));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(server));
        Assert.Contains("Dev mode: there are no keys", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dev_mode_where_others_could_reach_it_ends_the_start_before_storage_is_reached()
    {
        var settings = new Dictionary<string, string>(StartErrorTests.Connection(AzuriteProcess.ConnectionStringFor(9)))
        {
            ["Auth__Mode"] = "dev",
        };
        await StartErrorTests.AssertErrorAsync(
            settings, "http://0.0.0.0:0", "Auth:Mode is dev, so any client that reaches http://0.0.0.0:0 could read and change");
    }

    [Fact]
    public async Task Dev_mode_on_a_container_with_keys()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        Dictionary<string, string> settings = await SettingsAsync(container, "dev");
        await AddKeyAsync(container);

        await StartErrorTests.AssertErrorAsync(settings, Loopback, "Auth:Mode is dev, but there are keys in the container.");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("dev")]
    public async Task A_container_whose_keys_are_gone(string? mode)
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        Dictionary<string, string> settings = await SettingsAsync(container, mode);
        await AddKeyAsync(container);
        await container.DeleteBlobAsync(KeyStore.BlobName, cancellationToken: TestContext.Current.CancellationToken);

        await StartErrorTests.AssertErrorAsync(settings, Loopback, "The container has had keys, but its blob keys/keys.json is missing");
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(settings, "keys", "list");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("error: The container has had keys", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Local_storage_needs_no_keys_until_it_has_some_or_the_mode_says_so()
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string> { ["Storage__Folder"] = folder.Path };
        var keys = new Dictionary<string, string>(settings) { ["Auth__Mode"] = "keys" };
        await StartErrorTests.AssertErrorAsync(keys, Loopback, "There is no container at http://127.0.0.1:");

        await using (ServerProcess server = await ServerProcess.StartAsync(settings))
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(server));
        }

        await StartErrorTests.AssertErrorAsync(keys, Loopback, "There are no keys, and Auth:Mode is keys.");
        Assert.Equal(0, (await ServerProcess.RunAsync(settings, "keys", "add")).ExitCode);
        await using ServerProcess next = await ServerProcess.StartAsync(settings);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(next));
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", 0)]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0", 1)]
    public async Task Addresses_that_others_reach_without_encryption_are_warned_of(string urls, int warnings)
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        Dictionary<string, string> settings = await SettingsAsync(container, mode: null);
        await AddKeyAsync(container);

        await using ServerProcess server = await ServerProcess.StartAsync(settings, urls);

        Assert.Equal(
            warnings,
            server.Output.Split('\n').Count(static line => line.Contains("[4000] Requests to http://0.0.0.0:0 are not encrypted")));
    }

    private async Task<Dictionary<string, string>> SettingsAsync(BlobContainerClient container, string? mode) => new()
    {
        ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
        ["Storage__Container"] = container.Name,
        ["Auth__Mode"] = mode ?? "",
    };

    private static Task AddKeyAsync(BlobContainerClient container) =>
        new KeyStore(container, TimeProvider.System).AddAsync("default", "default", TestContext.Current.CancellationToken);

    private static async Task<HttpStatusCode> StatusAsync(ServerProcess server)
    {
        using HttpResponseMessage answer = await server.Client.GetAsync("/api/v1/sessions", TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
