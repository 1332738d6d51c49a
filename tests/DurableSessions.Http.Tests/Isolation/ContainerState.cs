using Azure.Storage.Blobs;
using DurableSessions.Http.Keys;

namespace DurableSessions.Http.Tests.Isolation;

/// <summary>The names of a container's blobs with their ETags, without what says when keys were used.</summary>
internal sealed class ContainerState
{
    private readonly IReadOnlyDictionary<string, string> _blobs;

    private ContainerState(IReadOnlyDictionary<string, string> blobs) => _blobs = blobs;

    public static async Task<ContainerState> ReadAsync(BlobContainerClient container, CancellationToken cancellationToken) => new(
        await container.GetBlobsAsync(cancellationToken: cancellationToken)
            .Where(static b => !b.Name.StartsWith(KeyStore.UsePrefix, StringComparison.Ordinal))
            .ToDictionaryAsync(
                static b => b.Name, static b => b.Properties.ETag!.Value.ToString(), cancellationToken: cancellationToken));

    /// <summary>The names of the blobs that were written or deleted between an earlier state and this one.</summary>
    public IReadOnlyList<string> ChangedSince(ContainerState before) =>
    [
        .. _blobs.Keys.Union(before._blobs.Keys)
            .Where(name => _blobs.GetValueOrDefault(name) != before._blobs.GetValueOrDefault(name))
            .Order(StringComparer.Ordinal),
    ];
}
