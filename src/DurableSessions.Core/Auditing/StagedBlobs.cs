using System.Globalization;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Purging;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>Tells what commits staged and use from what they staged and gave up.</summary>
internal sealed class StagedBlobs(AuditedStorage storage, ArchiveStore archives)
{
    /// <summary>
    /// Whether a commit refers to a blob in a session's archive folder, or may yet; a name that is not known counts as used.
    /// </summary>
    public async Task<bool> IsInUseAsync(SessionPath path, string blob, Manifest manifest, CancellationToken cancellationToken)
    {
        if (BlobNames.FindSearchSegment(blob) is var (indexed, archive, _))
        {
            return await IsIndexInUseAsync(indexed, archive, manifest, cancellationToken);
        }

        string[] parts = path.Rest.Split('/');
        if (await IsOfExpiredAsync(path, parts, manifest, cancellationToken))
        {
            return await storage.IsRunningAsync(ExpireArchivesInput.InstanceIdOf(path.Incarnation), cancellationToken);
        }

        if (parts is not [var folder, var attemptText, var file, ..]
            || !(IsStaged(parts) || ArchiveStore.IsOfRequest(parts.AsSpan(2)))
            || !int.TryParse(attemptText, NumberStyles.None, CultureInfo.InvariantCulture, out int attempt))
        {
            // Records answer for ever, and index entries until their archive expires.
            return true;
        }

        var commitId = new CommitId(folder);
        if (manifest.Cutting?.CommitId == commitId || manifest.FindPending(commitId) is not null
            || manifest.Closed.Any(c => c.CommitId == commitId) || manifest.Overview?.Blob == blob)
        {
            return true;
        }

        CommitRecord? record = await FindRecordAsync(path, commitId, attempt, cancellationToken);
        if (record is null)
        {
            return await storage.IsRunningAsync(commitId.Value, cancellationToken);
        }

        if (file == "messages.jsonl")
        {
            return record.Fate == CommitFate.Archived && record.Attempt == attempt;
        }

        return record.Semantic == blob
            || (record.Number is { } number && await IsNamedAsync(path, number, blob, cancellationToken));
    }

    /// <summary>The commit that staged a blob, as its name says.</summary>
    public static string CommitOf(SessionPath path, string blob) =>
        BlobNames.FindSearchSegment(blob) is var (commit, _, _) ? commit.CommitId.Value : path.Rest.Split('/')[0];

    // Written behind the record that says so, by a host that may be late: its archive has expired meanwhile.
    private async Task<bool> IsIndexInUseAsync(CommitAttempt commit, int number, Manifest manifest, CancellationToken cancellationToken)
    {
        if (number <= manifest.ExpiredArchives)
        {
            return await storage.IsRunningAsync(ExpireArchivesInput.InstanceIdOf(commit.Incarnation), cancellationToken);
        }

        return await archives.FindRecordAsync(commit, cancellationToken) is { Fate: CommitFate.Archived } record && record.Number == number;
    }

    // Or may be in a moment, by the request that made it.
    private async Task<bool> IsNamedAsync(SessionPath path, int number, string blob, CancellationToken cancellationToken)
    {
        if (await archives.FindEntryAsync(path.Session, path.Incarnation, number, cancellationToken) is not { } entry)
        {
            return false;
        }

        if (Names(entry, blob))
        {
            return true;
        }

        if (!ArchiveStore.IsOfRequest(path.Rest.Split('/').AsSpan(2)))
        {
            return false;
        }

        int change = (entry.Digests?.Count ?? 0) + 1;
        return await storage.IsRunningAsync(DigestArchiveInput.InstanceIdOf(path.Incarnation, number, change), cancellationToken)
            || await archives.FindEntryAsync(path.Session, path.Incarnation, number, cancellationToken) is not { } now
            || now.Digests?.Count != entry.Digests?.Count
            || Names(now, blob);
    }

    // Left of an archive that has expired, or written late. What deletes it, while it runs, has that still to do.
    private async Task<bool> IsOfExpiredAsync(SessionPath path, string[] parts, Manifest manifest, CancellationToken cancellationToken)
    {
        if (manifest.ExpiredArchives == 0 || parts.Length < 2 || parts[^1] == ArchiveStore.Record)
        {
            return false;
        }

        return (BlobNames.FindIndexed(path.Rest) ?? await FindArchiveAsync(path, parts[0], cancellationToken)) <= manifest.ExpiredArchives;
    }

    private async Task<int?> FindArchiveAsync(SessionPath path, string folder, CancellationToken cancellationToken)
    {
        if (!CommitId.TryParse(folder, out CommitId commitId))
        {
            return null;
        }

        for (int attempt = 1; ; attempt++)
        {
            CommitRecord? record = await archives.FindRecordAsync(
                new CommitAttempt(path.Session, path.Incarnation, commitId, attempt), cancellationToken);
            if (record is not { Fate: not CommitFate.Archived })
            {
                return record?.Number;
            }
        }
    }

    private static bool IsStaged(string[] parts) =>
        parts is [_, _, "messages.jsonl" or "semantic.json" or "semantic-fallback.json"];

    private static bool Names(ArchiveEntry entry, string blob) => entry.Semantic == blob
        || entry.Again?.Before == blob
        || entry.Digests?.Versions.Any(v => v.Semantic == blob) == true;

    // Of this attempt, or of an earlier one that made an archive, whose digest this attempt may have made.
    private async Task<CommitRecord?> FindRecordAsync(SessionPath path, CommitId commitId, int attempt, CancellationToken cancellationToken)
    {
        CommitRecord? own = null;
        for (int number = attempt; number >= 1; number--)
        {
            CommitRecord? record = await archives.FindRecordAsync(
                new CommitAttempt(path.Session, path.Incarnation, commitId, number), cancellationToken);
            own ??= number == attempt ? record : null;
            if (record is { Fate: CommitFate.Archived })
            {
                return record;
            }
        }

        return own;
    }
}
