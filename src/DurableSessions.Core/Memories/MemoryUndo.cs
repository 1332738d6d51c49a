using Azure.Storage.Blobs;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Memories;

/// <summary>
/// Takes back what a commit did to memories, once for each idempotency key: the swap of the catalogue that does it says so, and names the
/// answer.
/// </summary>
/// <remarks>
/// <para>
/// In this order: the catalogue is read, and does not name the key; the key has no answer; the swap matches the ETag of that reading. The
/// name is taken out only by a later key's swap, after the answer was written under the key. So where the key was used before the
/// reading, the name or the answer is there; where it is used after it, the swap fails.
/// </para>
/// <para>What a crash leaves, request by request:</para>
/// <list type="bullet">
/// <item>before the swap: versions that no catalogue names, and a drafted answer that goes with the keys that are not honoured any more;
/// the repetition is the first request;</item>
/// <item>after it: the repetition finds the key in the catalogue, writes the drafted answer under the key, and gives it;</item>
/// <item>after the answer is written: the repetition finds it; the draft may be left, and is deleted with it.</item>
/// </list>
/// </remarks>
internal sealed class MemoryUndo(
    MemoryCatalogues catalogues, MemoryContents contents, KeyedRequests requests, SessionStorage storage, TimeProvider time)
{
    private const int MaxAttempts = 40;

    /// <summary>What is different since the key was first used.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="ContentionException">Others changed the catalogue all the time.</exception>
    public async Task<MemoryDiff> RunAsync(
        UserKey user, MemoryShelf shelf, RequestKey key, MemoryDiff done, CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            StoredCatalogue stored = await catalogues.LoadAsync(user, shelf, cancellationToken);
            UndoRequest? before = stored.Catalogue.Undone;
            KeyedUndo? known = before?.Key.KeyHash == key.KeyHash
                ? await AnswerAsync(user, before, cancellationToken)
                : await requests.FindAsync<KeyedUndo>(user, key, cancellationToken);
            if (known is not null)
            {
                known.Check(key.RequestHash);
                return known.Diff;
            }

            if (await TryUndoAsync(user, shelf, stored, key, done, cancellationToken) is { } undone)
            {
                return undone;
            }

            await Backoff.WaitAsync(attempt, time, cancellationToken);
        }

        throw new ContentionException($"The memories of user '{user}' were changed by others {MaxAttempts} times in a row.");
    }

    // Null: another catalogue is there by now.
    private async Task<MemoryDiff?> TryUndoAsync(
        UserKey user, MemoryShelf shelf, StoredCatalogue stored, RequestKey key, MemoryDiff done, CancellationToken cancellationToken)
    {
        var draft = new MemoryDraft(user, stored.Catalogue, contents, time.GetUtcNow());
        try
        {
            foreach (MemoryDifference difference in done.Changes)
            {
                await draft.UndoAsync(difference, cancellationToken);
            }
        }
        catch (MemoryVersionGoneException)
        {
            return null;
        }

        if (stored.Catalogue.Undone is { } other)
        {
            await AnswerAsync(user, other, cancellationToken);
        }

        var answer = new KeyedUndo { RequestHash = key.RequestHash, Diff = draft.Diff(done.CommitId) };
        var named = new UndoRequest(key, BlobNames.Request(user, $"{key.KeyHash}-{Guid.NewGuid():N}"));
        await storage.Container.WriteOnceAsync(named.DraftBlob, answer, cancellationToken);
        MemoryCatalogue next = await draft.WriteAsync(null, null, [], cancellationToken) with { Undone = named };
        if (!await catalogues.TrySwapAsync(user, shelf, stored, next, cancellationToken))
        {
            return null;
        }

        await contents.DeleteAsync(user, draft.Superseded(), cancellationToken);
        await AnswerAsync(user, named, cancellationToken);
        return answer.Diff;
    }

    // The draft goes only once the answer stands: where there is neither, the key is not honoured any more.
    private async Task<KeyedUndo?> AnswerAsync(UserKey user, UndoRequest undone, CancellationToken cancellationToken)
    {
        if (await storage.Container.FindAsync<KeyedUndo>(undone.DraftBlob, cancellationToken) is not { } draft)
        {
            return await storage.Container.FindAsync<KeyedUndo>(BlobNames.Request(user, undone.Key.KeyHash), cancellationToken);
        }

        KeyedUndo answer = await requests.EnterAsync(user, undone.Key, draft, cancellationToken);
        BlobClient blob = storage.Container.GetBlobClient(undone.DraftBlob);
        await blob.DeleteIfExistsAsync(cancellationToken: cancellationToken);
        return answer;
    }
}
