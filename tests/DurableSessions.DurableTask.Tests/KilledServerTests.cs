using DurableSessions.Testing;
using DurableSessions.Testing.Kills;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// The real server with <c>Engine=DurableTask</c>, and the real Functions app, in processes that are killed. A task hub in memory takes
/// back what a killed host had; one on Azure Storage is a process that is killed too.
/// </summary>
public sealed class KilledServerTests(AzuriteFixture azurite, WholeAzurite taskHubs, ITestOutputHelper output)
{
    [Fact]
    public Task Server_on_a_hub_in_memory() =>
        RunAsync(static () => Task.FromResult<IKilledHub>(new KilledMemoryHub()), KilledPrograms.StartServerAsync, rounds: 6, 30);

    [Fact]
    public Task Server_on_a_hub_on_Azure_Storage() => RunAsync(StorageHubAsync, KilledPrograms.StartServerAsync, rounds: 4, 90);

    [Fact]
    public Task Functions_on_a_hub_in_memory() =>
        RunAsync(static () => Task.FromResult<IKilledHub>(new KilledMemoryHub()), KilledPrograms.StartFunctionsAsync, rounds: 4, 30);

    [Fact]
    public Task Functions_on_a_hub_on_Azure_Storage() => RunAsync(StorageHubAsync, KilledPrograms.StartFunctionsAsync, rounds: 4, 90);

    private async Task<IKilledHub> StorageHubAsync()
    {
        KilledPrograms.Require();
        return new KilledStorageHub(await taskHubs.GetConnectionStringAsync());
    }

    private Task RunAsync(
        Func<Task<IKilledHub>> createHub, Func<IReadOnlyDictionary<string, string>, Uri, Task<ServerProcess>> start, int rounds,
        int recoverySeconds) =>
        SeededTest.RunAsync(async seed =>
        {
            await using IKilledHub hub = await createHub();
            (Dictionary<string, string> settings, string key) = await KilledPrograms.PrepareAsync(azurite);
            await using Hosts hosts = await Hosts.StartAsync(async _ => await start(settings, await hub.RestartAsync()), 1);
            await KilledHost.RunAsync(hosts, new Random(seed), rounds, TimeSpan.FromSeconds(recoverySeconds), output, key);
        });
}
