using Azure.Identity;
using DurableSessions.Core.Storage;
using DurableSessions.LocalStorage;

namespace DurableSessions.Server.Serving;

/// <summary>Storage that was reached, and the Azurite behind it where it is local.</summary>
internal sealed class StorageConnection : IAsyncDisposable
{
    private readonly LocalAzurite? _local;

    private StorageConnection(SessionStorage storage, string description, LocalAzurite? local)
    {
        Storage = storage;
        Description = description;
        _local = local;
    }

    public SessionStorage Storage { get; }

    /// <summary>Where the data is, without secrets.</summary>
    public string Description { get; }

    /// <summary>Fails when local storage could not be kept running; never completes where storage is not local.</summary>
    public Task Lost => _local?.Completion ?? Task.Delay(Timeout.Infinite);

    /// <summary>Connects, starting local storage where no other is configured, and makes sure that the container is there.</summary>
    /// <param name="settings">Which storage.</param>
    /// <param name="report">Receives one line for each step that takes time, and later for each event of local storage.</param>
    /// <param name="cancellationToken">Stops the attempt.</param>
    /// <exception cref="StartException">It cannot be reached or used.</exception>
    /// <exception cref="LocalStorageException">Local storage cannot be started.</exception>
    public static async Task<StorageConnection> OpenAsync(
        StorageSettings settings, Action<string> report, CancellationToken cancellationToken)
    {
        if (settings.Connection is { } connection)
        {
            SessionStorage storage = Connect(connection, settings.Container);
            await StorageCheck.RunAsync(storage.Container, cancellationToken);
            return new StorageConnection(storage, $"{storage.Container.Uri}", local: null);
        }

        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync(report, cancellationToken);
        string folder = settings.Folder ?? Path.Combine(installation.Folder, "..", "..", ".data", "azurite");
        LocalAzurite local = await LocalAzurite.StartAsync(installation, folder, report, TimeProvider.System, cancellationToken);
        try
        {
            var storage = SessionStorage.Connect(local.ConnectionString, settings.Container);
            await StorageCheck.RunAsync(storage.Container, cancellationToken);
            string description = $"{local.Location}, container {settings.Container} (Azurite on port {local.Port})";
            return new StorageConnection(storage, description, local);
        }
        catch
        {
            await local.DisposeAsync();
            throw;
        }
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
