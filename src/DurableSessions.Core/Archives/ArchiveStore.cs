using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.Archives;

/// <summary>What is written for an archive: its messages, its digest, its record, its number. Each is written once.</summary>
internal sealed class ArchiveStore(SessionStorage storage, RecentLines recent, HostCache memory)
{
    /// <summary>The file of each attempt that is never deleted before its session is.</summary>
    public const string Record = "record.json";

    private const string RequestedPrefix = "semantic-request-";
    private const string RequestedAnswersPrefix = "answers-request-";

    private const int MaxAmends = 10;

    public static string MessagesName(CommitAttempt commit) => BlobNames.Attempt(commit) + "messages.jsonl";

    public static string SemanticName(CommitAttempt commit, bool fallback) =>
        BlobNames.Attempt(commit) + (fallback ? "semantic-fallback.json" : "semantic.json");

    /// <summary>The digest of a degraded archive that was made again; <paramref name="commit"/> names the archive's messages.</summary>
    public static string SemanticAgainName(CommitAttempt commit) => BlobNames.Attempt(commit) + "semantic-again.json";

    /// <summary>The digest that a user's request made; <paramref name="commit"/> names the archive's messages.</summary>
    public static string SemanticOfRequestName(CommitAttempt commit, string request) =>
        $"{BlobNames.Attempt(commit)}{RequestedPrefix}{request}.json";

    /// <summary>Where the answers of a model to such a request are, until its digest is the archive's, or kept.</summary>
    public static string AnswersOfRequestFolder(CommitAttempt commit, string request) =>
        $"{BlobNames.Attempt(commit)}{RequestedAnswersPrefix}{request}/";

    /// <summary>Whether what follows an attempt in a name is such a digest, or an answer to such a request.</summary>
    public static bool IsOfRequest(params ReadOnlySpan<string> parts) => parts switch
    {
        [var file] => file.StartsWith(RequestedPrefix, StringComparison.Ordinal) && file.EndsWith(".json", StringComparison.Ordinal),
        [var folder, _] => folder.StartsWith(RequestedAnswersPrefix, StringComparison.Ordinal),
        _ => false,
    };

    public static string MemoryDiffAgainName(CommitAttempt commit) => BlobNames.Attempt(commit) + "memory_diff-again.json";

    public static string MemoryDiffName(CommitAttempt commit) => BlobNames.Attempt(commit) + "memory_diff.json";

    public static string PeersMemoryDiffAgainName(CommitAttempt commit) => BlobNames.Attempt(commit) + "memory_diff-peers-again.json";

    public static string PeersMemoryDiffName(CommitAttempt commit) => BlobNames.Attempt(commit) + "memory_diff-peers.json";

    public static string RecordName(CommitAttempt commit) => BlobNames.Attempt(commit) + Record;

    /// <summary>The commit whose record a name is; <see langword="null"/> where it is none.</summary>
    public static CommitId? FindRecorded(string name) =>
        name.Split('/') is [.., string folder, _, Record] && CommitId.TryParse(folder, out CommitId commitId) ? commitId : null;

    public BlockBlobWriter OpenWriter(string name, int firstBlock = 0) => new(storage.Container, name, recent, firstBlock);

    /// <summary>The messages of an archive, in order.</summary>
    public async IAsyncEnumerable<SessionMessage> ReadMessagesAsync(
        CommitAttempt commit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (BlobLine line in ReadLinesAsync(commit, cancellationToken))
        {
            yield return SessionMessage.Parse(line.Content);
        }
    }

    /// <summary>The same as lines, with their places.</summary>
    public IAsyncEnumerable<BlobLine> ReadLinesAsync(CommitAttempt commit, CancellationToken cancellationToken)
    {
        string name = MessagesName(commit);
        return recent.Find(name)?.ToAsyncEnumerable()
            ?? BlobLines.ReadAsync(storage.Container, name, rangeBytes: BlobLines.LargeRangeBytes, cancellationToken: cancellationToken);
    }

    /// <summary>What became of an attempt; <see langword="null"/> while that is open.</summary>
    public Task<CommitRecord?> FindRecordAsync(CommitAttempt commit, CancellationToken cancellationToken) =>
        storage.Container.FindAsync<CommitRecord>(RecordName(commit), cancellationToken);

    /// <summary>Writes down what became of an attempt, unless that is written: then that stands, and is returned.</summary>
    public Task<CommitRecord> WriteRecordAsync(
        SessionKey key, string incarnation, CommitRecord record, CancellationToken cancellationToken) =>
        storage.Container.WriteOnceAsync(
            RecordName(new CommitAttempt(key, incarnation, record.CommitId, record.Attempt)), record, cancellationToken);

    /// <summary>A digest that a manifest or an index entry names.</summary>
    /// <exception cref="FormatException">It is gone.</exception>
    public async Task<SemanticDocument> ReadSemanticAsync(string name, CancellationToken cancellationToken) =>
        await FindSemanticAsync(name, cancellationToken) ?? throw new FormatException($"Digest '{name}' is gone.");

    /// <summary>A stored digest. It is written once, so this host asks for it once.</summary>
    public async Task<SemanticDocument?> FindSemanticAsync(string name, CancellationToken cancellationToken) =>
        memory.TryGetValue(("semantic", name), out SemanticDocument? known)
            ? known
            : Remember(name, await storage.Container.FindAsync<SemanticDocument>(name, cancellationToken));

    /// <summary>
    /// The line of a stored digest; <see langword="null"/> where the digest is lost or damaged: neither a listing nor a switch fails for
    /// that.
    /// </summary>
    public async Task<string?> FindAbstractAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await FindSemanticAsync(name, cancellationToken))?.Abstract;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public async Task<SemanticDocument> WriteSemanticAsync(string name, SemanticDocument document, CancellationToken cancellationToken) =>
        Remember(name, await storage.Container.WriteOnceAsync(name, document, cancellationToken))!;

    /// <summary>What a model has answered for a commit, all its attempts together.</summary>
    public PaidAnswers Answers(CommitAttempt commit) => Answers(commit.Attempt, BlobNames.Answers(commit));

    /// <summary>What a model has answered to a request for another digest; no other request finds it.</summary>
    public PaidAnswers AnswersOfRequest(CommitAttempt commit, string request) =>
        Answers(attempt: 1, AnswersOfRequestFolder(commit, request));

    /// <summary>Deletes what a model has answered for a request whose digest is stored.</summary>
    public Task DeleteAnswersAsync(CommitAttempt commit, string request, CancellationToken cancellationToken) =>
        DeleteFolderAsync(AnswersOfRequestFolder(commit, request), cancellationToken);

    /// <summary>Deletes a digest that no document names any more.</summary>
    public async Task DeleteSemanticAsync(string name, CancellationToken cancellationToken)
    {
        await storage.Container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        memory.Remove(("semantic", name));
    }

    private PaidAnswers Answers(int attempt, string folder) => new(
        attempt,
        (name, cancellationToken) => storage.Container.FindAsync<PaidAnswer>($"{folder}{name}.json", cancellationToken),
        (name, answer, cancellationToken) => storage.Container.WriteOnceAsync($"{folder}{name}.json", answer, cancellationToken));

    /// <summary>What lies under an archive number.</summary>
    public Task<ArchiveEntry?> FindEntryAsync(SessionKey key, string incarnation, int number, CancellationToken cancellationToken) =>
        storage.Container.FindAsync<ArchiveEntry>(BlobNames.Index(key, incarnation, number), cancellationToken);

    /// <summary>The numbers under which archives are entered, in order, those left of archives that have expired included.</summary>
    public async IAsyncEnumerable<int> ListNumbersAsync(
        SessionKey key, string incarnation, int pageSize,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = new GetBlobsOptions { Prefix = BlobNames.IndexPrefix(key, incarnation) };
        await foreach (Page<BlobItem> page in storage.Container.GetBlobsAsync(options, cancellationToken).AsPages(pageSizeHint: pageSize))
        {
            foreach (int number in page.Values.Select(static b => BlobNames.FindIndexed(b.Name)).OfType<int>())
            {
                yield return number;
            }
        }
    }

    /// <summary>
    /// Deletes what an archive that has expired holds, of all attempts of its commit, and what search has of it; last its entry, by which a
    /// run that a crash has ended finds it again. Records stay: by them a commit id answers for ever.
    /// </summary>
    public async Task DeleteArchiveAsync(SessionKey key, string incarnation, ArchiveEntry entry, CancellationToken cancellationToken)
    {
        var commit = new CommitAttempt(key, incarnation, entry.CommitId, entry.Attempt);
        var options = new GetBlobsOptions { Prefix = BlobNames.Commit(commit) };
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(options, cancellationToken))
        {
            if (FindRecorded(blob.Name) is null)
            {
                await DeleteSemanticAsync(blob.Name, cancellationToken);
            }
        }

        await DeleteFolderAsync(BlobNames.SearchOfArchive(key, incarnation, entry.Number), cancellationToken);
        await storage.Container.GetBlobClient(BlobNames.Index(key, incarnation, entry.Number))
            .DeleteIfExistsAsync(cancellationToken: cancellationToken);
    }

    /// <summary>Enters an archive under its number. The number was given out once, so a second writer writes the same.</summary>
    public Task<ArchiveEntry> WriteEntryAsync(
        SessionKey key, string incarnation, ArchiveEntry entry, CancellationToken cancellationToken) =>
        storage.Container.WriteOnceAsync(BlobNames.Index(key, incarnation, entry.Number), entry, cancellationToken);

    /// <summary>Points an archive that stayed uncovered to a digest that a later attempt made, unless it was digested again.</summary>
    public Task AmendEntryAsync(SessionKey key, string incarnation, ArchiveEntry entry, CancellationToken cancellationToken) =>
        AmendEntryAsync(key, incarnation, entry.Number, there => there is { Again: null, Digests: null } ? entry : null, cancellationToken);

    /// <summary>Replaces the entry of a switched archive as a whole, on exactly the entry that the change was decided on.</summary>
    /// <param name="key">The session.</param>
    /// <param name="incarnation">Which one of that id.</param>
    /// <param name="number">The archive.</param>
    /// <param name="change">The entry to write; <see langword="null"/>: the one that is there stays.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The entry as it is then.</returns>
    /// <exception cref="BlobGoneException">There is no entry.</exception>
    /// <exception cref="ContentionException">Others changed it all the time.</exception>
    public async Task<ArchiveEntry> AmendEntryAsync(
        SessionKey key, string incarnation, int number, Func<ArchiveEntry, ArchiveEntry?> change, CancellationToken cancellationToken)
    {
        BlobClient blob = storage.Container.GetBlobClient(BlobNames.Index(key, incarnation, number));
        for (int attempt = 1; attempt <= MaxAmends; attempt++)
        {
            try
            {
                BlobDownloadResult there = await blob.DownloadContentAsync(cancellationToken);
                ArchiveEntry entry = StoreJson.Read<ArchiveEntry>(there.Content);
                if (change(entry) is not { } amended)
                {
                    return entry;
                }

                var options = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfMatch = there.Details.ETag } };
                await blob.UploadAsync(StoreJson.Write(amended), options, cancellationToken);
                return amended;
            }
            catch (RequestFailedException e) when (e.IsConditionNotMet())
            {
                // By another host, or by this very write, whose answer was lost.
            }
            catch (RequestFailedException e) when (e.IsNotFound())
            {
                throw new BlobGoneException(blob.Name);
            }
        }

        throw new ContentionException($"The index entry of archive {number} was changed by others {MaxAmends} times in a row.");
    }

    private async Task DeleteFolderAsync(string folder, CancellationToken cancellationToken)
    {
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(new GetBlobsOptions { Prefix = folder }, cancellationToken))
        {
            await storage.Container.GetBlobClient(blob.Name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }
    }

    private SemanticDocument? Remember(string name, SemanticDocument? document) => document is null
        ? null
        : memory.Set(
            ("semantic", name), document, HostCache.Sized(2L * StoreJson.Write(document).ToMemory().Length, TimeSpan.FromMinutes(30)));
}
