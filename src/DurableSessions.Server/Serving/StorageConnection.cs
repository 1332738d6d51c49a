using Azure.Identity;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Hosting;
using DurableSessions.LocalStorage;
using Microsoft.Extensions.Options;

namespace DurableSessions.Server.Serving;

/// <summary>Storage, once it was reached, and the Azurite behind it where it is local.</summary>
internal sealed class StorageConnection : IAsyncDisposable
{
    private SessionStorage? _storage;
    private LocalAzurite? _local;

    /// <exception cref="InvalidOperationException">It is not open yet.</exception>
    public SessionStorage Storage => _storage ?? throw new InvalidOperationException("Storage is not open yet.");

    /// <summary>Where the data is, without secrets.</summary>
    public string Description { get; private set; } = "";

    /// <summary>Fails when local storage could not be kept running; never completes where storage is not local.</summary>
    public Task Lost => _local?.Completion ?? Task.Delay(Timeout.Infinite);

    /// <summary>
    /// Validates all settings of a host, and only then connects, starting local storage where no other is configured, and makes sure that
    /// the container is there.
    /// </summary>
    /// <param name="services">The services of the host, with its settings.</param>
    /// <param name="report">Receives one line for each step that takes time.</param>
    /// <param name="ifMissing">As <see cref="StorageCheck.RunAsync"/>.</param>
    /// <param name="cancellationToken">Stops the attempt.</param>
    /// <param name="events">
    /// Receives one line for each event of local storage, for as long as it runs, from any thread; <paramref name="report"/> does where it
    /// is not given.
    /// </param>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
    /// <exception cref="StartException">Storage cannot be reached or used.</exception>
    /// <exception cref="LocalStorageException">Local storage cannot be started.</exception>
    public async Task OpenAsync(
        IServiceProvider services, Action<string> report, string? ifMissing, CancellationToken cancellationToken,
        Action<string>? events = null)
    {
        services.ValidateSettings();
        StorageSettings settings = services.GetRequiredService<IOptions<StorageSettings>>().Value;
        if (services.FindStorage() is { } storage)
        {
            await StorageCheck.RunAsync(storage.Container, ifMissing, report, cancellationToken);
            Description = storage.Container.Address();
            _storage = storage;
            return;
        }

        string? folder = services.GetRequiredService<IOptions<LocalStorageSettings>>().Value.Folder;
        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync(report, cancellationToken);
        folder ??= Path.Combine(installation.Folder, "..", "..", ".data", "azurite");
        _local = await LocalAzurite.StartAsync(installation, folder, events ?? report, TimeProvider.System, cancellationToken);
        var local = settings.Connect(_local.ConnectionString, new DefaultAzureCredential());
        await StorageCheck.RunAsync(local.Container, ifMissing, report, cancellationToken);
        Description = $"{_local.Location}, container {settings.Container} (Azurite on port {_local.Port})";
        _storage = local;
    }

    /// <summary>Stops local storage after it has saved every request that it acknowledged.</summary>
    public ValueTask DisposeAsync() => _local?.DisposeAsync() ?? ValueTask.CompletedTask;
}
