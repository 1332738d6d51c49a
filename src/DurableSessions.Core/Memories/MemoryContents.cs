using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.Memories;

/// <summary>
/// The Markdown files of memories. Each version is a blob of its own, written once under a name that no other
/// write uses, and read by no client until a catalogue names it.
/// </summary>
internal sealed class MemoryContents(SessionStorage storage, HostCache memory)
{
    /// <summary>The blob of one version of a memory.</summary>
    public static string Name(UserKey user, MemoryInfo memory) =>
        memory.Peer is { } peer
            ? BlobNames.PeerMemory(user, peer, memory.Category.ToString().ToLowerInvariant(), memory.Name, memory.Version)
            : BlobNames.Memory(user, memory.Category.ToString().ToLowerInvariant(), memory.Name, memory.Version);

    /// <summary>The content of a version; <see langword="null"/>: it is gone, so a newer catalogue names another one.</summary>
    public async Task<string?> FindAsync(UserKey user, MemoryInfo info, CancellationToken cancellationToken)
    {
        string name = Name(user, info);
        if (memory.TryGetValue(("memory", name), out string? known))
        {
            return known;
        }

        try
        {
            Response<BlobDownloadResult> answer = await storage.Container.GetBlobClient(name).DownloadContentAsync(cancellationToken);
            return Remember(name, answer.Value.Content.ToString());
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return null;
        }
    }

    public async Task WriteAsync(UserKey user, MemoryInfo info, string content, CancellationToken cancellationToken)
    {
        string name = Name(user, info);
        var options = new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "text/markdown; charset=utf-8" } };
        await storage.Container.GetBlobClient(name).UploadAsync(BinaryData.FromString(content), options, cancellationToken);
        Remember(name, content);
    }

    /// <summary>Deletes versions that no catalogue names any more. Idempotent; a crash leaves blobs that no client reads.</summary>
    public async Task DeleteAsync(UserKey user, IEnumerable<MemoryInfo> versions, CancellationToken cancellationToken)
    {
        foreach (MemoryInfo version in versions)
        {
            string name = Name(user, version);
            memory.Remove(("memory", name));
            await storage.Container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }
    }

    private string Remember(string name, string content) => memory.Set(
        ("memory", name),
        content,
        HostCache.Sized(HostCache.BytesOf(content), TimeSpan.FromMinutes(30)));
}
