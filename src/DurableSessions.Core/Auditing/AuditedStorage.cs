using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// What storage says now. Nothing is taken from memory, and nothing is kept in it: an audit reads as many manifests as the account has.
/// </summary>
internal sealed class AuditedStorage(SessionStorage storage, OrchestrationClient client)
{
    public SessionStorage Storage { get; } = storage;

    /// <summary>Everything under a prefix, in the order of names.</summary>
    public IAsyncEnumerable<BlobItem> ListAsync(string prefix, bool withMetadata, CancellationToken cancellationToken) =>
        Storage.Container.GetBlobsAsync(
            new GetBlobsOptions { Prefix = prefix, Traits = withMetadata ? BlobTraits.Metadata : BlobTraits.None }, cancellationToken);

    /// <summary>The manifest of a session, tombstones included.</summary>
    public Task<AuditedDocument<Manifest>> FindManifestAsync(SessionKey key, CancellationToken cancellationToken) =>
        FindAsync<Manifest>(BlobNames.Manifest(key), cancellationToken);

    /// <summary>A document, read without the assumption that it can be.</summary>
    public async Task<AuditedDocument<T>> FindAsync<T>(string name, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return new AuditedDocument<T>(await Storage.Container.FindAsync<T>(name, cancellationToken), null);
        }
        catch (Exception e) when (e is JsonException or FormatException or NotSupportedException)
        {
            return new AuditedDocument<T>(null, e.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>A blob's properties; <see langword="null"/> where there is no such blob.</summary>
    public async Task<BlobProperties?> FindPropertiesAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await Storage.Container.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken);
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return null;
        }
    }

    /// <summary>The session is there, and is still this one: what it owns must be there too.</summary>
    public async Task<Manifest?> FindLivingAsync(SessionKey key, string incarnation, CancellationToken cancellationToken) =>
        (await FindManifestAsync(key, cancellationToken)).Document is { DeletedAt: null } manifest && manifest.Incarnation == incarnation
            ? manifest
            : null;

    /// <summary>Whether there is such an orchestration, over or not.</summary>
    public async Task<bool> ExistsAsync(string instanceId, CancellationToken cancellationToken) =>
        await IsOverAsync(instanceId, cancellationToken) is not null;

    /// <summary>Whether an orchestration will go on by itself, or be ended by a host.</summary>
    public async Task<bool> IsRunningAsync(string instanceId, CancellationToken cancellationToken) =>
        await IsOverAsync(instanceId, cancellationToken) == false;

    // Null: there is no such orchestration.
    private async Task<bool?> IsOverAsync(string instanceId, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.GetInstanceAsync(instanceId, cancellationToken))?.IsCompleted;
        }
        catch (OrchestrationUnreadableException)
        {
            return false;
        }
        catch (ArgumentException)
        {
            // No engine takes such an id, so no host runs it.
            return null;
        }
    }
}
