using Azure.Core;
using Azure.Storage.Blobs;

namespace DurableSessions.Core.Storage;

/// <summary>The container that holds everything, reached through two clients.</summary>
public sealed class SessionStorage
{
    /// <summary>Wraps two clients of the same container.</summary>
    /// <param name="container">Retries by itself, as the SDK does.</param>
    /// <param name="unretried">
    /// Sends each request once. A request that creates a segment must never be sent again under the same name: a late copy
    /// could bring back, empty and open, a segment that was cut, archived and deleted meanwhile, and an append to it would be lost.
    /// </param>
    public SessionStorage(BlobContainerClient container, BlobContainerClient unretried)
    {
        Container = container;
        Unretried = unretried;
    }

    /// <summary>The container.</summary>
    public BlobContainerClient Container { get; }

    /// <summary>The container, through a client that sends each request once.</summary>
    public BlobContainerClient Unretried { get; }

    /// <summary>What both clients have in flight; <see langword="null"/> where that is not bounded.</summary>
    public StorageLoad? Load { get; init; }

    /// <summary>Both clients from a connection string.</summary>
    /// <param name="connectionString">Of the storage account.</param>
    /// <param name="containerName">The container's name.</param>
    public static SessionStorage Connect(string connectionString, string containerName) =>
        Connect(connectionString, containerName, configure: null);

    /// <summary>Both clients from a connection string.</summary>
    /// <param name="connectionString">Of the storage account.</param>
    /// <param name="containerName">The container's name.</param>
    /// <param name="configure">Applied to the options of each of the two clients.</param>
    public static SessionStorage Connect(string connectionString, string containerName, Action<BlobClientOptions>? configure) =>
        new(
            new BlobServiceClient(connectionString, Options(configure, retried: true)).GetBlobContainerClient(containerName),
            new BlobServiceClient(connectionString, Options(configure, retried: false)).GetBlobContainerClient(containerName));

    /// <summary>Both clients from the URL of a blob service.</summary>
    /// <param name="blobService">The URL, without a query.</param>
    /// <param name="credential">What each request is authorized with.</param>
    /// <param name="containerName">The container's name.</param>
    /// <param name="configure">Applied to the options of each of the two clients, where it is given.</param>
    public static SessionStorage Connect(
        Uri blobService, TokenCredential credential, string containerName, Action<BlobClientOptions>? configure = null) =>
        new(
            new BlobServiceClient(blobService, credential, Options(configure, retried: true)).GetBlobContainerClient(containerName),
            new BlobServiceClient(blobService, credential, Options(configure, retried: false)).GetBlobContainerClient(containerName));

    /// <summary>Both clients from the URL of a blob service that asks for no credential, as that of a test.</summary>
    internal static SessionStorage Connect(Uri blobService, string containerName, Action<BlobClientOptions>? configure = null) =>
        new(
            new BlobServiceClient(blobService, Options(configure, retried: true)).GetBlobContainerClient(containerName),
            new BlobServiceClient(blobService, Options(configure, retried: false)).GetBlobContainerClient(containerName));

    private static BlobClientOptions Options(Action<BlobClientOptions>? configure, bool retried)
    {
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2026_06_06);
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 4;
        options.Retry.Delay = TimeSpan.FromMilliseconds(100);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(2);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(20);
        configure?.Invoke(options);

        // Behind the wait for a turn, which is not storage's.
        options.AddPolicy(MeteredRequests.Policy, HttpPipelinePosition.PerRetry);
        if (!retried)
        {
            options.Retry.MaxRetries = 0;
        }

        return options;
    }
}
