using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Checks that every memory that a catalogue names is there, and finds the versions that none names. Listings come in the order of
/// names, so one user's catalogue at a time is in memory.
/// </summary>
internal sealed class MemoryCheck(AuditedStorage storage, MemoryCatalogues catalogues, Orphans orphans, AuditTally tally)
{
    /// <summary>Looks at every memory.</summary>
    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        UserMemories? user = null;
        await foreach (BlobItem blob in storage.ListAsync(BlobNames.Memories, withMetadata: false, cancellationToken))
        {
            tally.AddBlob();
            string[] parts = blob.Name.Split('/');
            if (parts is not ["memories", var accountPath, var userPath, ..])
            {
                yield return new Finding(
                    FindingKind.UnknownBlob, FindingSeverity.Information, null, blob.Name, "not a name that the store gives; left alone");
                continue;
            }

            var owner = new UserKey(BlobNames.Unescape(accountPath), BlobNames.Unescape(userPath));
            if (user?.Owner != owner)
            {
                await foreach (Finding lost in FindLostAsync(user, cancellationToken))
                {
                    yield return lost;
                }

                (user, Finding? unreadable) = await LoadAsync(owner, cancellationToken);
                if (unreadable is not null)
                {
                    yield return unreadable;
                }
            }

            if (parts.Length is 6 or 8 && user.Names is { } names && !names.Remove(blob.Name)
                && await orphans.SettleAsync(Orphan(blob, owner), cancellationToken) is { } finding)
            {
                yield return finding;
            }
        }

        await foreach (Finding lost in FindLostAsync(user, cancellationToken))
        {
            yield return lost;
        }
    }

    private async Task<(UserMemories User, Finding? Unreadable)> LoadAsync(UserKey owner, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (MemoryShelf shelf in Enum.GetValues<MemoryShelf>())
        {
            try
            {
                names.UnionWith(Names(owner, (await catalogues.LoadAsync(owner, shelf, cancellationToken)).Catalogue.Memories));
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                var finding = new Finding(
                    FindingKind.MemoriesUnreadable, FindingSeverity.Error, null, MemoryCatalogues.Name(owner, shelf),
                    $"a user's memories cannot be read: {e.Message}");
                return (new UserMemories(owner, null), finding);
            }
        }

        return (new UserMemories(owner, names), null);
    }

    // Named when the listing began and not in it: changed or deleted meanwhile, or lost.
    private async IAsyncEnumerable<Finding> FindLostAsync(UserMemories? user, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string name in user?.Names ?? [])
        {
            if (await storage.FindPropertiesAsync(name, cancellationToken) is null
                && (await NamesAsync(user!.Owner, cancellationToken)).Contains(name))
            {
                yield return new Finding(FindingKind.MemoryLost, FindingSeverity.Error, null, name, "a memory is not there");
            }
        }
    }

    private Orphan Orphan(BlobItem blob, UserKey owner) => new()
    {
        Kind = FindingKind.OrphanedMemory,
        Session = null,
        Blob = blob.Name,
        ETag = blob.Properties.ETag!.Value,
        Since = blob.Properties.LastModified!.Value,
        What = "a version of a memory that no catalogue names",
        IsStill = async token => !(await NamesAsync(owner, token)).Contains(blob.Name),
        Fence = token => FenceAsync(owner, blob.Name, token),
    };

    // A host that wrote a version and stalled before naming it names it by a swap that matches an ETag: after this one it fails.
    private async Task<bool> FenceAsync(UserKey owner, string name, CancellationToken cancellationToken)
    {
        MemoryShelf shelf = name.Split('/').Length == 8 ? MemoryShelf.Peers : MemoryShelf.Own;
        StoredCatalogue stored = await catalogues.LoadAsync(owner, shelf, cancellationToken);
        return !Names(owner, stored.Catalogue.Memories).Contains(name)
            && await catalogues.TrySwapAsync(owner, shelf, stored, stored.Catalogue, cancellationToken);
    }

    private async Task<HashSet<string>> NamesAsync(UserKey owner, CancellationToken cancellationToken) =>
        Names(owner, await catalogues.ReadAsync(owner, MemoryView.All, cancellationToken));

    private static HashSet<string> Names(UserKey owner, IEnumerable<MemoryInfo> memories) =>
        [.. memories.Select(m => MemoryContents.Name(owner, m))];

    /// <summary>The blobs that a user's catalogue names; <see langword="null"/> where the catalogue cannot be read.</summary>
    private sealed record UserMemories(UserKey Owner, HashSet<string>? Names);
}
