using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Checks the archives that one manifest counts, pending ones included. What it counts is there until the session is deleted, so
/// each missing part is confirmed by the manifest's being there afterwards.
/// </summary>
internal sealed class ArchiveCheck(AuditedStorage storage, AuditTally tally, TimeSpan idempotencyWindow, TimeProvider time)
{
    /// <summary>What is wrong with each archive, in order of their numbers.</summary>
    public async IAsyncEnumerable<Finding> RunAsync(
        SessionKey key, Manifest manifest, MessageSet messages, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int number = manifest.ExpiredArchives + 1; number <= manifest.ArchiveCount; number++)
        {
            var state = new ArchiveState(key, number);
            if (manifest.Pending.FirstOrDefault(p => p.Number == number) is { } pending)
            {
                string blob = ArchiveStore.MessagesName(new CommitAttempt(key, manifest.Incarnation, pending.CommitId, pending.Attempt));
                await CheckMessagesAsync(key, manifest, blob, pending.Counts, messages, state, cancellationToken);
            }
            else
            {
                await CheckSwitchedAsync(key, manifest, number, messages, state, cancellationToken);
            }

            tally.AddArchive();
            if (state.Findings.Count > 0)
            {
                if (await storage.FindLivingAsync(key, manifest.Incarnation, cancellationToken) is not { } now)
                {
                    // Deleted meanwhile: nothing is missing.
                    yield break;
                }

                if (number <= now.ExpiredArchives)
                {
                    continue;
                }
            }

            foreach (Finding finding in state.Findings)
            {
                yield return finding;
            }
        }
    }

    /// <summary>Reads a digest. Why it cannot be read; <see langword="null"/> where it can.</summary>
    public async Task<string?> FindDigestErrorAsync(string blob, CancellationToken cancellationToken)
    {
        AuditedDocument<SemanticDocument> digest = await storage.FindAsync<SemanticDocument>(blob, cancellationToken);
        return digest.IsMissing ? "is not there" : digest.Error is { } error ? $"cannot be read: {error}" : null;
    }

    private async Task CheckSwitchedAsync(
        SessionKey key, Manifest manifest, int number, MessageSet messages, ArchiveState state, CancellationToken cancellationToken)
    {
        string index = BlobNames.Index(key, manifest.Incarnation, number);
        AuditedDocument<ArchiveEntry> read = await storage.FindAsync<ArchiveEntry>(index, cancellationToken);
        if (read.Document is not { Counts: not null, CommitId.Value: not null } entry)
        {
            state.Add(
                FindingKind.IndexDamaged,
                index,
                read.IsMissing ? "its index entry is not there" : $"its index entry cannot be read: {read.Error}");
            return;
        }

        ArchiveReference? uncovered = manifest.Uncovered.FirstOrDefault(u => u.Number == number);
        if (entry.Number != number
            || (uncovered is not null && (uncovered.CommitId != entry.CommitId || uncovered.Attempt != entry.Attempt)))
        {
            state.Add(
                FindingKind.IndexDamaged,
                index,
                $"its index entry leads to archive {entry.Number} of commit {entry.CommitId}, attempt {entry.Attempt}");
            return;
        }

        await CheckRecordAsync(key, manifest, entry, state, cancellationToken);
        if (entry.Semantic is not null && await FindDigestErrorAsync(entry.Semantic, cancellationToken) is { } error)
        {
            state.Add(FindingKind.DigestLost, entry.Semantic, $"its digest {error}");
        }

        foreach (DigestVersion kept in (entry.Digests?.Versions ?? []).Where(v => v.Semantic != entry.Semantic))
        {
            if (await FindDigestErrorAsync(kept.Semantic, cancellationToken) is { } lost
                && !await IsDroppedAsync(index, kept, cancellationToken))
            {
                state.Add(FindingKind.DigestLost, kept.Semantic, $"digest {kept.Version}, which is kept, {lost}");
            }
        }

        string blob = ArchiveStore.MessagesName(new CommitAttempt(key, manifest.Incarnation, entry.CommitId, entry.Attempt));
        await CheckMessagesAsync(key, manifest, blob, entry.Counts, messages, state, cancellationToken);
    }

    // A preview is let go before its blob is deleted.
    private async Task<bool> IsDroppedAsync(string index, DigestVersion version, CancellationToken cancellationToken) =>
        (await storage.FindAsync<ArchiveEntry>(index, cancellationToken)).Document is { Digests: { } now }
            && !now.Versions.Contains(version with { WasInPlace = false }) && !now.Versions.Contains(version with { WasInPlace = true });

    private async Task CheckRecordAsync(
        SessionKey key, Manifest manifest, ArchiveEntry entry, ArchiveState state, CancellationToken cancellationToken)
    {
        string blob = ArchiveStore.RecordName(new CommitAttempt(key, manifest.Incarnation, entry.CommitId, entry.Attempt));
        AuditedDocument<CommitRecord> record = await storage.FindAsync<CommitRecord>(blob, cancellationToken);
        if (record.Document is not { Fate: CommitFate.Archived } document || document.Number != entry.Number
            || document.Counts != entry.Counts)
        {
            string what = record.IsMissing ? "is not there"
                : record.Error is { } error ? $"cannot be read: {error}"
                : "says something else than its index entry";
            state.Add(FindingKind.RecordDamaged, blob, $"the record of its commit {what}");
        }
    }

    private async Task CheckMessagesAsync(
        SessionKey key, Manifest manifest, string blob, StagedCounts counts, MessageSet messages, ArchiveState state,
        CancellationToken cancellationToken)
    {
        int count = 0;
        long bytes = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await foreach (BlobLine line in BlobLines.ReadAsync(storage.Storage.Container, blob, cancellationToken: cancellationToken))
            {
                hash.AppendData(line.Content.Span);
                hash.AppendData("\n"u8);
                bytes = line.End;
                count++;
                tally.AddMessage();
                var message = SessionMessage.Parse(line.Content);
                if (!state.HasDuplicate && MessageId.TryParse(message.Id, out MessageId id) && messages.Add(id, state.Number) is { } other
                    && (!id.IsKeyed || await IsWithinWindowAsync(key, manifest, other, state.Number, cancellationToken)))
                {
                    state.Add(FindingKind.DuplicateMessage, blob, $"message {message.Id}, and maybe others, is also {Place(other)}");
                }
            }
        }
        catch (FormatException e)
        {
            state.Add(FindingKind.ArchiveDamaged, blob, $"its messages cannot be read: {e.Message}");
            return;
        }
        catch (BlobGoneException)
        {
            state.Add(FindingKind.ArchiveLost, blob, $"its {counts.Messages} messages are not there");
            return;
        }

        if (count != counts.Messages || bytes != counts.Bytes)
        {
            state.Add(
                FindingKind.ArchiveDamaged,
                blob,
                $"it holds {count} messages in {bytes} bytes, and {counts.Messages} in {counts.Bytes} were archived");
        }
        else if (Convert.ToHexStringLower(hash.GetCurrentHash()) != counts.Sha256)
        {
            state.Add(FindingKind.ArchiveDamaged, blob, "its messages have another checksum than those that were archived");
        }
    }

    // A key that is used again after its time makes the same ids again, and that is right. The older message was archived at the
    // latest when its archive was switched; the newer came at the latest when its own was, or now.
    private async Task<bool> IsWithinWindowAsync(SessionKey key, Manifest manifest, int one, int other, CancellationToken cancellationToken)
    {
        DateTimeOffset first = await SwitchedAtAsync(key, manifest, one, cancellationToken);
        DateTimeOffset second = await SwitchedAtAsync(key, manifest, other, cancellationToken);
        return (first - second).Duration() < idempotencyWindow;
    }

    private async Task<DateTimeOffset> SwitchedAtAsync(
        SessionKey key, Manifest manifest, int number, CancellationToken cancellationToken) =>
        number == MessageSet.Live || manifest.Pending.Any(p => p.Number == number)
            ? time.GetUtcNow()
            : (await storage.FindAsync<ArchiveEntry>(
                BlobNames.Index(key, manifest.Incarnation, number), cancellationToken)).Document?.SwitchedAt
                ?? time.GetUtcNow();

    private static string Place(int number) => number == MessageSet.Live ? "live" : $"in archive {number}";

    /// <summary>What one archive came to: at most a few findings.</summary>
    private sealed class ArchiveState(SessionKey key, int number)
    {
        public int Number { get; } = number;

        public List<Finding> Findings { get; } = [];

        public bool HasDuplicate => Findings.Exists(static f => f.Kind == FindingKind.DuplicateMessage);

        public void Add(FindingKind kind, string blob, string message) =>
            Findings.Add(new Finding(kind, FindingSeverity.Error, key.ToString(), blob, $"archive {Number}: {message}"));
    }
}
