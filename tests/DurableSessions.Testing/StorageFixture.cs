using System.Globalization;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;

namespace DurableSessions.Testing;

/// <summary>Storage for tests: each takes a container of its own from it.</summary>
public abstract class StorageFixture : IAsyncLifetime
{
    private int _containers;

    /// <summary>Longer than a host is silent between two requests of which one follows from the other.</summary>
    public virtual TimeSpan Silence { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The clock of its hosts.</summary>
    public virtual TimeProvider Time => TimeProvider.System;

    /// <summary>A container that no other test uses.</summary>
    public async Task<BlobContainerClient> NewContainerAsync()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"test-{Interlocked.Increment(ref _containers)}-{Guid.NewGuid():N}");
        BlobContainerClient container = (await ConnectHostAsync(name, faults: null, log: null)).Container;
        await container.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        return container;
    }

    /// <summary>Storage in a container that no other test uses.</summary>
    /// <param name="configure">Applied to both clients' options: faults, a request log.</param>
    public async Task<SessionStorage> NewStorageAsync(Action<BlobClientOptions>? configure = null) =>
        await ConnectAsync((await NewContainerAsync()).Name, configure);

    /// <summary>Another host's view of a container: clients of its own, with faults and a request log of its own.</summary>
    public async Task<SessionStorage> ConnectAsync(string containerName, Action<BlobClientOptions>? configure = null)
    {
        StorageAccount account = await AccountAsync();
        return account.Connect(containerName, options =>
        {
            options.Retry.Delay = TimeSpan.FromMilliseconds(10);
            options.Retry.MaxDelay = TimeSpan.FromMilliseconds(100);
            account.Reach(options);
            configure?.Invoke(options);
        });
    }

    /// <summary>As <see cref="ConnectAsync"/>, through the faults and the log of a host, where it has them.</summary>
    internal virtual Task<SessionStorage> ConnectHostAsync(string containerName, FaultTransport? faults, RequestLog? log) =>
        ConnectAsync(containerName, options =>
        {
            faults?.Configure(options);
            log?.Configure(options);
        });

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public abstract ValueTask DisposeAsync();

    private protected abstract Task<StorageAccount> AccountAsync();
}
