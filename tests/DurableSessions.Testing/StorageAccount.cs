using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;

namespace DurableSessions.Testing;

/// <summary>A storage account of tests.</summary>
/// <param name="Connect">Both clients of a container by its name, whose options are as the second argument sets them.</param>
/// <param name="Reach">Applied to a client's options before faults and logs are.</param>
internal sealed record StorageAccount(Func<string, Action<BlobClientOptions>, SessionStorage> Connect, Action<BlobClientOptions> Reach);
