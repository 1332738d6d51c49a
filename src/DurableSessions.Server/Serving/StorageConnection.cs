using Azure.Identity;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
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
    /// <param name="report">Receives one line for each step that takes time, and later for each event of local storage.</param>
    /// <param name="cancellationToken">Stops the attempt.</param>
    /// <param name="mustExist">Whether a container that is missing is an error; otherwise it is created.</param>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
    /// <exception cref="StartException">Storage cannot be reached or used.</exception>
    /// <exception cref="LocalStorageException">Local storage cannot be started.</exception>
    public async Task OpenAsync(
        IServiceProvider services, Action<string> report, CancellationToken cancellationToken, bool mustExist = false)
    {
        services.ValidateSettings();
        string container = services.GetRequiredService<IOptions<StorageSettings>>().Value.Container;
        if (Configured(services.GetRequiredService<IConfiguration>()) is { } connection)
        {
            SessionStorage storage = Connect(connection, container);
            await StorageCheck.RunAsync(storage.Container, mustExist, cancellationToken);
            Description = storage.Container.Address();
            _storage = storage;
            return;
        }

        string? folder = services.GetRequiredService<IOptions<LocalStorageSettings>>().Value.Folder;
        await OpenLocalAsync(folder, container, report, mustExist, cancellationToken);
    }

    /// <summary><c>ConnectionStrings:Storage</c>; <see langword="null"/> where storage is local.</summary>
    public static string? Configured(IConfiguration configuration) =>
        configuration.GetConnectionString("Storage")?.Trim() is { Length: > 0 } connection ? connection : null;

    private async Task OpenLocalAsync(
        string? folder, string container, Action<string> report, bool mustExist, CancellationToken cancellationToken)
    {
        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync(report, cancellationToken);
        folder ??= Path.Combine(installation.Folder, "..", "..", ".data", "azurite");
        _local = await LocalAzurite.StartAsync(installation, folder, report, TimeProvider.System, cancellationToken);
        var storage = SessionStorage.Connect(_local.ConnectionString, container);
        await StorageCheck.RunAsync(storage.Container, mustExist, cancellationToken);
        Description = $"{_local.Location}, container {container} (Azurite on port {_local.Port})";
        _storage = storage;
    }

    /// <summary>Stops local storage after it has saved every request that it acknowledged.</summary>
    public ValueTask DisposeAsync() => _local?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static SessionStorage Connect(string connection, string container)
    {
        try
        {
            if (!connection.Contains("://", StringComparison.Ordinal) || connection.Contains(';', StringComparison.Ordinal))
            {
                return SessionStorage.Connect(connection, container);
            }

            if (Uri.TryCreate(connection, UriKind.Absolute, out Uri? service)
                && service.Scheme == Uri.UriSchemeHttps
                && service.Query.Length == 0)
            {
                return SessionStorage.Connect(service, new DefaultAzureCredential(), container);
            }
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            // The message could repeat a part of the account's key.
            throw new StartException(
                "ConnectionStrings:Storage is no connection string of a storage account; it looks like "
                + "'DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...'.",
                e);
        }

        throw new StartException(
            "ConnectionStrings:Storage is a URL, but not one of a blob service; it looks like https://account.blob.core.windows.net.");
    }
}
