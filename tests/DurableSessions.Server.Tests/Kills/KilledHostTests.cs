using Azure.Storage.Blobs;
using DurableSessions.Testing;
using DurableSessions.Testing.Kills;

namespace DurableSessions.Server.Tests.Kills;

public sealed class KilledHostTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    [Fact]
    public Task Every_accepted_commit_completes_and_every_message_is_there_once() =>
        SeededTest.RunAsync(seed => RunAsync(new Random(seed)));

    private async Task RunAsync(Random random)
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        await using Hosts hosts = await Hosts.StartAsync(await azurite.GetConnectionStringAsync(), container.Name, 1, ownershipSeconds: 3);
        await KilledHost.RunAsync(hosts, random, rounds: 6, recovery: TimeSpan.FromSeconds(30), output);
    }
}
