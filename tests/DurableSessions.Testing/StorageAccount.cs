using Azure.Storage.Blobs;

namespace DurableSessions.Testing;

/// <summary>A storage account of tests.</summary>
/// <param name="ConnectionString">Leads to it.</param>
/// <param name="Reach">Applied to a client's options before faults and logs are.</param>
internal sealed record StorageAccount(string ConnectionString, Action<BlobClientOptions> Reach);
