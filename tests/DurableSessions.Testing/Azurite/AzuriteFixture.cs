using DurableSessions.Core.Storage;
using DurableSessions.LocalStorage;

namespace DurableSessions.Testing;

/// <summary>
/// One Azurite in memory for a test assembly, started by the first test that asks for storage. Declare it with
/// <c>[assembly: AssemblyFixture(typeof(AzuriteFixture))]</c> and take it in a test class's constructor.
/// </summary>
public sealed class AzuriteFixture : StorageFixture
{
    private readonly Lazy<Task<AzuriteProcess>> _azurite = new(StartAsync);

    /// <summary>Leads to the running Azurite.</summary>
    public async Task<string> GetConnectionStringAsync() => (await _azurite.Value).ConnectionString;

    public override async ValueTask DisposeAsync()
    {
        if (_azurite.IsValueCreated)
        {
            await (await _azurite.Value).DisposeAsync();
        }
    }

    private protected override async Task<StorageAccount> AccountAsync()
    {
        string connectionString = await GetConnectionStringAsync();
        return new StorageAccount(
            (container, configure) => SessionStorage.Connect(connectionString, container, configure), static _ => { });
    }

    private static async Task<AzuriteProcess> StartAsync() =>
        await AzuriteProcess.StartInMemoryAsync(await AzuriteInstallation.EnsureAsync());
}
