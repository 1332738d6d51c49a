using DurableSessions.Core.Archives;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Appending;

/// <summary>
/// Finds messages again that this host has not appended itself, or does not know to have: for repetitions, and for an append whose
/// outcome is unknown and whose segment has gone.
/// </summary>
internal sealed class KeyedMessageLoader(LiveLog live, ArchiveStore archives, SessionOptions options, TimeProvider time)
{
    /// <summary>
    /// All messages of a session with derived ids: live, pending, and switched within <see cref="SessionOptions.IdempotencyWindow"/>, at
    /// least as of <paramref name="view"/>. <see langword="null"/>: a segment has gone meanwhile; load the view again.
    /// </summary>
    /// <remarks>
    /// An archive never changes, and each message that leaves live goes to an archive with a new number. So what was known when the session
    /// had <paramref name="upTo"/> archives, with what is live and in archives after that, is all.
    /// </remarks>
    /// <param name="key">The session.</param>
    /// <param name="view">The live messages.</param>
    /// <param name="known">All of them, as they were; <see langword="null"/>: nothing is known. It is not changed.</param>
    /// <param name="upTo">How many archives the session had then. None of these is read where <paramref name="known"/> is given.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<KeyedMessages?> TryLoadAsync(
        SessionKey key, LiveView view, KeyedMessages? known, int upTo, CancellationToken cancellationToken)
    {
        Manifest manifest = view.Manifest;
        int read = known is null ? 0 : upTo;
        var keyed = new KeyedMessages();
        try
        {
            await foreach (SessionMessage message in live.ReadAsync(key, view.Stored, cancellationToken))
            {
                keyed.Add(message);
            }
        }
        catch (BlobGoneException)
        {
            return null;
        }

        foreach (PendingArchive pending in manifest.Pending.Where(p => p.Number > read && p.Counts.KeyedMessages > 0).Reverse())
        {
            await AddAsync(keyed, key, manifest, pending.CommitId, pending.Attempt, cancellationToken);
        }

        DateTimeOffset from = time.GetUtcNow() - options.IdempotencyWindow;
        int before = Math.Max(read, manifest.ExpiredArchives);
        for (int number = manifest.ArchiveCount; number > before && keyed.Count < KeyedMessages.MaxCount; number--)
        {
            if (manifest.Pending.Any(p => p.Number == number))
            {
                continue;
            }

            ArchiveEntry? entry = await archives.FindEntryAsync(key, manifest.Incarnation, number, cancellationToken);
            if (entry is null || entry.SwitchedAt < from)
            {
                break;
            }

            if (entry.Counts.KeyedMessages > 0)
            {
                await AddAsync(keyed, key, manifest, entry.CommitId, entry.Attempt, cancellationToken);
            }
        }

        keyed.MarkLoaded();
        if (known is not null)
        {
            keyed.AddKnown(known);
        }

        return keyed;
    }

    /// <summary>
    /// Which of these ids are in the session, for a segment that was last in <paramref name="then"/> and has gone since. They
    /// can only be in an archive that was not there then, or in what a commit retained.
    /// </summary>
    public async Task<HashSet<string>?> TryLocateAsync(
        SessionKey key, Manifest then, StoredManifest stored, IReadOnlySet<string> ids, CancellationToken cancellationToken)
    {
        Manifest now = stored.Manifest;
        var found = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await foreach (SessionMessage message in live.ReadAsync(key, stored, cancellationToken))
            {
                Match(message);
            }
        }
        catch (BlobGoneException)
        {
            return null;
        }

        // An archive that has expired is older than any append that a client waits for.
        int oldest = Math.Max(then.ArchiveCount, now.ExpiredArchives);
        for (int number = now.ArchiveCount; number > oldest && found.Count < ids.Count; number--)
        {
            (CommitId commitId, int attempt)? archive = now.Pending.FirstOrDefault(p => p.Number == number) is { } pending
                ? (pending.CommitId, pending.Attempt)
                : await archives.FindEntryAsync(key, now.Incarnation, number, cancellationToken) is { } entry
                    ? (entry.CommitId, entry.Attempt)
                    : null;
            if (archive is not { } at)
            {
                return null;
            }

            await foreach (SessionMessage message in archives.ReadMessagesAsync(
                new CommitAttempt(key, now.Incarnation, at.commitId, at.attempt), cancellationToken))
            {
                Match(message);
            }
        }

        return found;

        void Match(SessionMessage message)
        {
            if (ids.Contains(message.Id))
            {
                found.Add(message.Id);
            }
        }
    }

    private async Task AddAsync(
        KeyedMessages keyed, SessionKey key, Manifest manifest, CommitId commitId, int attempt, CancellationToken cancellationToken)
    {
        var older = new KeyedMessages();
        await foreach (SessionMessage message in archives.ReadMessagesAsync(
            new CommitAttempt(key, manifest.Incarnation, commitId, attempt), cancellationToken))
        {
            older.Add(message);
        }

        keyed.AddOlder(older);
    }
}
