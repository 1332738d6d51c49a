using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Merging;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Audits everything in the container: that what manifests name is there and is what it should be, and that each blob that
/// lies there is named. May run beside any number of hosts: what it reports was confirmed by a second look, and commits on their way
/// are no findings.
/// </summary>
/// <remarks>
/// Memory does not grow with the account: listings are streams, a few sessions are in work at a time, and of each the ids of
/// 500,000 messages are kept at the most.
/// </remarks>
public sealed class StorageAudit
{
    private const int SessionsAtOnce = 4;
    private const int FindingsAhead = 256;

    private readonly AuditedStorage _storage;
    private readonly OrchestrationClient _client;
    private readonly ManifestStore _manifests;
    private readonly ArchiveStore _archives;
    private readonly ArchiveIndexer _indexer;
    private readonly IndexMerger _index;
    private readonly SessionOptions _options;
    private readonly TimeProvider _time;

    internal StorageAudit(
        SessionStorage storage, ManifestStore manifests, ArchiveStore archives, OrchestrationClient client, ArchiveIndexer indexer,
        IndexMerger index, SessionOptions options, TimeProvider time)
    {
        _storage = new AuditedStorage(storage, client);
        _client = client;
        _manifests = manifests;
        _archives = archives;
        _indexer = indexer;
        _index = index;
        _options = options;
        _time = time;
    }

    /// <summary>
    /// Finds what is wrong, and with <see cref="AuditOptions.Repair"/> removes orphans and writes what is missing in the search index.
    /// Findings come as they are made; a caller
    /// that stops reading stops the audit. Storage that is away shows as the storage client's own exceptions.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="AuditOptions.OrphanAge"/> is negative.</exception>
    public async IAsyncEnumerable<Finding> RunAsync(
        AuditOptions options, IProgress<AuditProgress>? progress = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.OrphanAge, TimeSpan.Zero, nameof(options));
        var findings = Channel.CreateBounded<Finding>(FindingsAhead);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task auditing = Task.Run(() => AuditAsync(options, new AuditTally(progress), findings.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (Finding finding in findings.Reader.ReadAllAsync(cancellationToken))
            {
                yield return finding;
            }

            await auditing;
        }
        finally
        {
            await stop.CancelAsync();
            await auditing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AuditAsync(
        AuditOptions options, AuditTally tally, ChannelWriter<Finding> findings, CancellationToken cancellationToken)
    {
        try
        {
            var orphans = new Orphans(_storage, options, _time);
            tally.Enter("sessions");
            await CheckSessionsAsync(orphans, tally, findings, cancellationToken);
            var sessions = new SessionOrphans(
                _storage, _manifests, new StagedBlobs(_storage, _archives), new MergedSegmentCheck(_index, orphans), orphans, tally);
            var keys = new KeyOrphans(_storage, orphans, tally, _options.IdempotencyWindow, _time);
            (string Stage, IAsyncEnumerable<Finding> Found)[] rest =
            [
                ("segments", sessions.RunAsync(BlobNames.Segments, cancellationToken)),
                ("archives", sessions.RunAsync(BlobNames.Archives, cancellationToken)),
                ("search", sessions.RunAsync(BlobNames.Search, cancellationToken)),
                ("index", new IndexCheck(_storage, _indexer, _index, options).RunAsync(cancellationToken)),
                ("tasks", new TaskOrphans(_storage, _archives, orphans, tally).RunAsync(cancellationToken)),
                ("orchestrations", new OrchestrationCheck(_client, tally).RunAsync(cancellationToken)),
                ("memories", new MemoryCheck(_storage, new MemoryCatalogues(_storage.Storage), orphans, tally).RunAsync(cancellationToken)),
                ("creations", keys.OfCreationsAsync(cancellationToken)),
                ("requests", keys.OfRequestsAsync(cancellationToken)),
            ];
            foreach ((string stage, IAsyncEnumerable<Finding> found) in rest)
            {
                tally.Enter(stage);
                await foreach (Finding finding in found)
                {
                    await findings.WriteAsync(finding, cancellationToken);
                }
            }

            findings.Complete();
        }
        catch (Exception e)
        {
            findings.Complete(e);
        }
    }

    private async Task CheckSessionsAsync(
        Orphans orphans, AuditTally tally, ChannelWriter<Finding> findings, CancellationToken cancellationToken)
    {
        var check = new SessionCheck(
            _storage, new LiveCheck(_storage, tally), new ArchiveCheck(_storage, tally, _options.IdempotencyWindow, _time));
        var tombstones = new TombstoneCheck(_storage, orphans);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = SessionsAtOnce, CancellationToken = cancellationToken };
        IAsyncEnumerable<BlobItem> manifests = _storage.ListAsync(BlobNames.Manifests, withMetadata: true, cancellationToken);
        await Parallel.ForEachAsync(manifests, parallel, async (blob, token) =>
        {
            if (BlobNames.FindSession(blob.Name) is not { } key)
            {
                var unknown = new Finding(
                    FindingKind.UnknownBlob, FindingSeverity.Information, null, blob.Name, "not a name that the store gives; left alone");
                await findings.WriteAsync(unknown, token);
                return;
            }

            if (blob.Metadata.ContainsKey(ManifestStore.DeletedMetadata))
            {
                if (await tombstones.RunAsync(blob, key, token) is { } finding)
                {
                    await findings.WriteAsync(finding, token);
                }

                return;
            }

            await foreach (Finding finding in check.RunAsync(key, token))
            {
                await findings.WriteAsync(finding, token);
            }

            tally.AddSession();
        });
    }
}
