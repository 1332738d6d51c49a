using System.Globalization;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;
using DurableSessions.LocalStorage;
using Xunit;

namespace DurableSessions.Testing;

/// <summary>
/// One Azurite in memory for a test assembly, started by the first test that asks for storage. Declare it with
/// <c>[assembly: AssemblyFixture(typeof(AzuriteFixture))]</c> and take it in a test class's constructor.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private readonly Lazy<Task<AzuriteProcess>> _azurite = new(StartAsync);
    private int _containers;

    /// <summary>Leads to the running Azurite.</summary>
    public async Task<string> GetConnectionStringAsync() => (await _azurite.Value).ConnectionString;

    /// <summary>A container that nobody else uses.</summary>
    public async Task<BlobContainerClient> NewContainerAsync()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"test-{Interlocked.Increment(ref _containers)}-{Guid.NewGuid():N}");
        BlobContainerClient container = new BlobServiceClient(await GetConnectionStringAsync(), Options()).GetBlobContainerClient(name);
        await container.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        return container;
    }

    /// <summary>Storage in a container that nobody else uses.</summary>
    /// <param name="configure">Applied to both clients' options: faults, a request log.</param>
    public async Task<SessionStorage> NewStorageAsync(Action<BlobClientOptions>? configure = null) =>
        await ConnectAsync((await NewContainerAsync()).Name, configure);

    /// <summary>Another host's view of a container: clients of its own, with faults and a request log of its own.</summary>
    public async Task<SessionStorage> ConnectAsync(string containerName, Action<BlobClientOptions>? configure = null) =>
        SessionStorage.Connect(await GetConnectionStringAsync(), containerName, options =>
        {
            RetryQuickly(options);
            configure?.Invoke(options);
        });

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_azurite.IsValueCreated)
        {
            await (await _azurite.Value).DisposeAsync();
        }
    }

    private static async Task<AzuriteProcess> StartAsync() => await AzuriteProcess.StartInMemoryAsync(await AzuriteInstallation.EnsureAsync());

    private static BlobClientOptions Options()
    {
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2026_06_06);
        RetryQuickly(options);
        return options;
    }

    private static void RetryQuickly(BlobClientOptions options)
    {
        options.Retry.Delay = TimeSpan.FromMilliseconds(10);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(100);
    }
}
