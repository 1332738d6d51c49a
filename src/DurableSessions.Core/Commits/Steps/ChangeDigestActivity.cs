using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Makes the change of an archive's digest: one swap of its index entry keeps the new digest, and puts one in place; then one of the
/// manifest makes it the session's overview, where the archive is the newest.
/// </summary>
/// <remarks>
/// <para>What a crash leaves, request by request; run again, each does the same:</para>
/// <list type="bullet">
/// <item>before the entry's swap: the archive as it was, and a digest that no document names;</item>
/// <item>after it: the archive has its digest, and the context still the overview before, whose blob is kept;</item>
/// <item>after the manifest's swap: both have it; what was let go, and the answers of the model, are still to be deleted;</item>
/// <item>a host that wakes up later finds the change's number taken, and puts no older overview back:
/// <see cref="Transitions.PutDigest"/>.</item>
/// </list>
/// <para>A deleted session's entry is gone, and its manifest takes no change: nothing is written for it. Of an archive that has expired the
/// entry is gone too, and is never written anew.</para>
/// </remarks>
internal sealed class ChangeDigestActivity(
    CommitLedger ledger, ArchiveStore archives, EarlierDigests earlier, ILogger<ChangeDigestActivity> logger)
    : TaskActivity<DigestArchiveInput, DigestArchiveOutput>
{
    /// <summary>Why nothing is changed of an archive that has expired.</summary>
    public const string HasExpired = "the archive has expired";

    public override async Task<DigestArchiveOutput> RunAsync(TaskActivityContext context, DigestArchiveInput input)
    {
        try
        {
            return await ChangeAsync(input, context.CancellationToken);
        }
        catch (BlobGoneException)
        {
            if ((await OpenAsync(input, context.CancellationToken)).ExpiredArchives >= input.Number)
            {
                return new DigestArchiveOutput(null, Reason: HasExpired);
            }

            throw;
        }
    }

    private async Task<DigestArchiveOutput> ChangeAsync(DigestArchiveInput input, CancellationToken cancellationToken)
    {
        await OpenAsync(input, cancellationToken);
        ArchiveEntry entry = await earlier.FindEntryAsync(input.Session, input.Incarnation, input.Number, cancellationToken);
        CommitAttempt commit = new(input.Session, input.Incarnation, entry.CommitId, entry.Attempt);
        if (DigestChanges.Of(entry).Count < input.Change)
        {
            entry = await SwapAsync(input, commit, cancellationToken);
        }

        DigestChanges changes = DigestChanges.Of(entry);
        if (!changes.IsMadeBy(input.Change, input.Request))
        {
            return new DigestArchiveOutput(null, Reason: "other requests changed the digest of this archive first");
        }

        if (input.Mode != DigestMode.Preview)
        {
            var mark = new DigestMark(input.Number, changes.InPlaceSince);
            await ledger.ApplyAsync(
                commit, m => Transitions.PutDigest(m, input.Incarnation, mark, entry.Semantic!), cancellationToken);
        }

        // It was never in place: neither the manifest nor a later request names it.
        if (changes.Dropped is { } dropped)
        {
            await archives.DeleteSemanticAsync(dropped.Semantic, cancellationToken);
        }

        if (input.Mode != DigestMode.Restore)
        {
            await archives.DeleteAnswersAsync(commit, input.Request, cancellationToken);
        }

        string name = ArchiveStore.SemanticOfRequestName(commit, input.Request);
        int? version = input.Version ?? changes.Versions.FirstOrDefault(v => v.Semantic == name)?.Version;
        logger.DigestChanged(commit.CommitId, input.Session, input.Number, input.Mode, version);
        return new DigestArchiveOutput(version, changes.Count == input.Change ? changes.Dropped?.Version : null);
    }

    private async Task<ArchiveEntry> SwapAsync(DigestArchiveInput input, CommitAttempt commit, CancellationToken cancellationToken)
    {
        string name = ArchiveStore.SemanticOfRequestName(commit, input.Request);
        SemanticDocument? made = input.Mode == DigestMode.Restore ? null : await archives.ReadSemanticAsync(name, cancellationToken);
        int restored = input.Version ?? 0;
        string? text = made?.Abstract ?? await FindAbstractAsync(input, restored, cancellationToken);
        return await archives.AmendEntryAsync(
            input.Session, input.Incarnation, input.Number, there => Change(there, input, name, made, text), cancellationToken);
    }

    // Null: the change's number is taken.
    private static ArchiveEntry? Change(ArchiveEntry there, DigestArchiveInput input, string name, SemanticDocument? made, string? text)
    {
        DigestChanges before = DigestChanges.Of(there);
        if (before.Count != input.Change - 1)
        {
            return null;
        }

        DigestChanges after = (made is null ? before with { Dropped = null } : before.With(name, made.Degraded)).MadeBy(input.Request);
        if (input.Mode == DigestMode.Preview)
        {
            return there with { Digests = after };
        }

        DigestVersion put = after.Versions.Single(v => made is null ? v.Version == input.Version : v.Semantic == name);
        return there with
        {
            State = put.IsDegraded ? ArchiveState.Degraded : ArchiveState.Covered,
            Semantic = put.Semantic,
            Abstract = text,
            Digests = after with
            {
                InPlaceSince = input.Change,
                Versions = [.. after.Versions.Select(v => v == put ? v with { WasInPlace = true } : v)],
            },
        };
    }

    private async Task<string?> FindAbstractAsync(DigestArchiveInput input, int version, CancellationToken cancellationToken)
    {
        ArchiveEntry entry = await earlier.FindEntryAsync(input.Session, input.Incarnation, input.Number, cancellationToken);
        DigestVersion? kept = DigestChanges.Of(entry).Versions.FirstOrDefault(v => v.Version == version);
        return kept is null ? null : (await archives.ReadSemanticAsync(kept.Semantic, cancellationToken)).Abstract;
    }

    private async Task<Manifest> OpenAsync(DigestArchiveInput input, CancellationToken cancellationToken) =>
        (await ledger.OpenAsync(new CommitAttempt(input.Session, input.Incarnation, default, 0), fresh: true, cancellationToken)).Manifest;
}
