using System.Runtime.CompilerServices;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>Checks one session beside hosts that go on working on it: everything that its manifest names, and nothing else.</summary>
internal sealed class SessionCheck(AuditedStorage storage, LiveCheck live, ArchiveCheck archives)
{
    /// <summary>Manifests that are tried until the live segments of one could be read to their end.</summary>
    private const int MaxRounds = 10;

    /// <summary>What is wrong with the session, each finding confirmed.</summary>
    public async IAsyncEnumerable<Finding> RunAsync(SessionKey key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string blob = BlobNames.Manifest(key);
        for (int round = 1; round <= MaxRounds; round++)
        {
            AuditedDocument<Manifest> read = await storage.FindManifestAsync(key, cancellationToken);
            if (read.IsMissing || read.Document is { DeletedAt: not null, Format: ManifestRules.KnownFormat })
            {
                yield break;
            }

            if ((read.Error ?? ManifestRules.FindUnreadable(read.Document!)) is { } unreadable)
            {
                yield return Error(
                    key, FindingKind.ManifestUnreadable, blob, $"the manifest {unreadable}: nothing of the session can be reached");
                yield break;
            }

            Manifest manifest = read.Document!;
            List<string> broken = [.. ManifestRules.FindBroken(key, manifest).Select(static broken => broken.Text)];
            if (await live.TryRunAsync(key, manifest, cancellationToken) is not { } state)
            {
                continue;
            }

            foreach (Finding finding in broken
                .Select(b => Error(key, FindingKind.ManifestInconsistent, blob, $"the manifest {b}"))
                .Concat(state.Findings))
            {
                yield return finding;
            }

            await foreach (Finding finding in CheckRestAsync(key, manifest, state.Messages, cancellationToken))
            {
                yield return finding;
            }

            yield break;
        }

        yield return new Finding(
            FindingKind.NotChecked, FindingSeverity.Information, key.ToString(), blob,
            $"not checked: the session changed {MaxRounds} times while its live segments were read");
    }

    private async IAsyncEnumerable<Finding> CheckRestAsync(
        SessionKey key, Manifest manifest, MessageSet messages, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (Finding finding in FindAbandonedAsync(key, manifest, cancellationToken))
        {
            yield return finding;
        }

        if (manifest.Overview is { } overview
            && await archives.FindDigestErrorAsync(overview.Blob, cancellationToken) is { } error
            && await storage.FindLivingAsync(key, manifest.Incarnation, cancellationToken) is not null)
        {
            yield return Error(
                key, FindingKind.DigestLost, overview.Blob, $"the overview of archives 1 to {overview.Number} {error}: contexts lack them");
        }

        await foreach (Finding finding in archives.RunAsync(key, manifest, messages, cancellationToken))
        {
            yield return finding;
        }

        if (messages.IsFull)
        {
            yield return new Finding(
                FindingKind.NotChecked, FindingSeverity.Information, key.ToString(), BlobNames.Manifest(key),
                $"duplicates were looked for among {MessageSet.MaxCount} messages, the live ones and those of the oldest archives; "
                + "the session has more");
        }
    }

    // A commit whose instance is over, and that is still in a manifest read after that, is carried on by no host.
    private async IAsyncEnumerable<Finding> FindAbandonedAsync(
        SessionKey key, Manifest manifest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (CommitId CommitId, string What, Func<Manifest, bool> IsStill)[] begun =
        [
            .. manifest.Cutting is { } cut
                ? [(cut.CommitId, "has cut the live log", (Manifest m) => m.Cutting == cut)]
                : Array.Empty<(CommitId, string, Func<Manifest, bool>)>(),
            .. manifest.Pending.Select(p => (
                p.CommitId,
                $"has not switched archive {p.Number}",
                (Func<Manifest, bool>)(m => m.FindPending(p.CommitId) is not null))),
            .. manifest.Closed.Select(c => (
                c.CommitId,
                "was closed and has no record yet",
                (Func<Manifest, bool>)(m => m.FindClosed(c.CommitId, c.Attempt) is not null))),
        ];
        foreach ((CommitId commitId, string what, Func<Manifest, bool> isStill) in begun)
        {
            if (!await storage.IsRunningAsync(commitId.Value, cancellationToken)
                && await storage.FindLivingAsync(key, manifest.Incarnation, cancellationToken) is { } now
                && isStill(now))
            {
                yield return new Finding(
                    FindingKind.Abandoned, FindingSeverity.Information, key.ToString(), BlobNames.Manifest(key),
                    $"commit {commitId} {what}, and no orchestration carries it on: its messages stay in context; "
                    + "a retry, or the next commit, helps it");
            }
        }
    }

    private static Finding Error(SessionKey key, FindingKind kind, string blob, string message) =>
        new(kind, FindingSeverity.Error, key.ToString(), blob, message);
}
