using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Server.Demo;

/// <summary>Reads storage while no server runs.</summary>
internal sealed class DemoStorage(BlobContainerClient container)
{
    /// <summary>How far the killed server came with its commit; null where the commit has ended.</summary>
    public async Task<string?> DescribeUnfinishedAsync(string session, CancellationToken cancellationToken)
    {
        if (!await AnyAsync("orchestrations/active/", cancellationToken))
        {
            return null;
        }

        BlobClient client = container.GetBlobClient($"manifests/default/default/{session}.json");
        BlobDownloadResult blob = await client.DownloadContentAsync(cancellationToken);
        JsonNode manifest = JsonNode.Parse(blob.Content)!;
        return manifest switch
        {
            _ when manifest["cutting"] is not null => "the commit has cut the live log and not yet cleared it",
            _ when manifest["pending"] is JsonArray { Count: > 0 } =>
                "the messages are archived and cleared from the live log, but not switched",
            _ => "the commit has not touched the live log yet, or has switched already",
        };
    }

    private async Task<bool> AnyAsync(string prefix, CancellationToken cancellationToken)
    {
        await foreach (BlobItem _ in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellationToken))
        {
            return true;
        }

        return false;
    }
}
