using DurableSessions.Core.Archives;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Digests the oldest degraded archive again, with the configured processor alone: the document is stored once, its changes of memories
/// are applied once, the index entry names it, and one swap makes it the archive's.
/// </summary>
/// <remarks>
/// <para>All rests on <see cref="Manifest.DegradedFrom"/>, which comes to each number once. A crash before the document is stored leaves
/// nothing but the answers of a model that were kept; after it, run again, that document is found, and each request that follows does the
/// same again: the catalogue names the commit while the archive is the oldest to be digested again (<see cref="MemoryStage"/>), the entry
/// is amended to what it says by then, and the swap finds the number, or one beyond it.</para>
/// <para>Changes of memories are applied where the digest before asked for none because it was degraded. Where a model had made it, from a
/// degraded overview, only the overview is made again.</para>
/// </remarks>
internal sealed class DigestAgainActivity(
    CommitLedger ledger, EarlierDigests earlier, ArchiveStore archives, SemanticStep step, Switching switching,
    SemanticProcessors processors, ModelProbe probe, DailyTokens tokens, OrchestrationClient client, SessionOptions options,
    ILogger<DigestAgainActivity> logger) : TaskActivity<DigestAgainInput, DigestAgainProgress>
{
    public override async Task<DigestAgainProgress> RunAsync(TaskActivityContext context, DigestAgainInput input)
    {
        try
        {
            return await DigestOldestAsync(input, context.CancellationToken);
        }
        catch (BlobGoneException)
        {
            // What is to be digested has gone: that is so when the session is deleted, and an error otherwise.
            await OpenAsync(input, context.CancellationToken);
            throw;
        }
    }

    private async Task<DigestAgainProgress> DigestOldestAsync(DigestAgainInput input, CancellationToken cancellationToken)
    {
        Manifest manifest = await OpenAsync(input, cancellationToken);
        if (manifest.DegradedFrom is not { } number)
        {
            return new DigestAgainProgress(null);
        }

        ArchiveEntry entry = await earlier.FindEntryAsync(input.Session, input.Incarnation, number, cancellationToken);
        CommitAttempt commit = new(input.Session, input.Incarnation, entry.CommitId, entry.Attempt);
        string name = ArchiveStore.SemanticAgainName(commit);
        string? before = entry.Again?.Before ?? entry.Semantic
            ?? (manifest.Overview is { } overview && overview.Number == number && overview.Blob != name ? overview.Blob : null);
        if (before is null)
        {
            return await IsHeldByLaterAsync(input, manifest.Overview!, number, cancellationToken)
                || await client.GetInstanceAsync(commit.CommitId.Value, cancellationToken) is not { IsCompleted: false }
                ? await PassOverAsync(commit, number, cancellationToken)
                : throw new InvalidOperationException($"What covers archive {number} is not in its index entry yet.");
        }

        SemanticDocument? document = await archives.FindSemanticAsync(name, cancellationToken);
        if (document is null && await FindHindranceAsync(input, cancellationToken) is { } reason)
        {
            return new DigestAgainProgress(null, reason);
        }

        SemanticDocument old = await archives.ReadSemanticAsync(before, cancellationToken);
        try
        {
            document ??= await step.DigestAsync(
                await earlier.FindBasisAsync(commit, entry, cancellationToken) with { EventTags = old.EventTags },
                manifest.Settings,
                processors.Configured,
                degraded: false,
                reason: null,
                name,
                options.Semantic.Timeout,
                cancellationToken);
        }
        catch (Exception e) when (input.PassesOver && MayBeOfTheArchive(e))
        {
            if (!await probe.AnswersAsync(commit, cancellationToken))
            {
                throw;
            }

            logger.DegradedArchivePassedOver(e, commit.CommitId, input.Session, number);
            return await PassOverAsync(commit, number, cancellationToken) with { IsRefused = true };
        }

        bool withMemories = old.Degraded && old.Memories.Count + old.PeerMemories.Count == 0;
        AppliedMemories? applied = withMemories
            ? await switching.ApplyMemoriesAsync(
                commit,
                document,
                ArchiveStore.MemoryDiffAgainName(commit),
                ArchiveStore.PeersMemoryDiffAgainName(commit),
                number,
                cancellationToken)
            : null;
        await AmendAsync(commit, number, document, name, before, withMemories, applied, cancellationToken);
        await ledger.ApplyAsync(
            commit,
            m => Transitions.Heal(m, input.Incarnation, number, name, document.Usage, Switching.CategoriesOf(applied)),
            cancellationToken);
        StoreTelemetry.Healed();
        logger.ArchiveDigestedAgain(commit.CommitId, input.Session, number, document.Processor, document.Covers);
        return new DigestAgainProgress(number);
    }

    private async Task<DigestAgainProgress> PassOverAsync(CommitAttempt commit, int number, CancellationToken cancellationToken)
    {
        await ledger.ApplyAsync(
            commit, m => Transitions.Heal(m, commit.Incarnation, number, semantic: null, usage: null, []), cancellationToken);
        return new DigestAgainProgress(number);
    }

    // Such as a filter of content. A digest that takes too long is none: the answers of the model are kept, and the next start goes on.
    private static bool MayBeOfTheArchive(Exception e) => e is IModelFailure { Failure: ModelFailure.Unusable or ModelFailure.Refused };

    // It was uncovered when the next digest was made, which holds it then. Where that one does not, a retry has covered the archive, and a
    // host is between the swap and the entry, or died there: while the commit's instance is not over, another one amends the entry.
    private async Task<bool> IsHeldByLaterAsync(
        DigestAgainInput input, OverviewReference newest, int number, CancellationToken cancellationToken)
    {
        string name = newest.Blob;
        for (int later = number + 1; later < newest.Number; later++)
        {
            ArchiveEntry entry = await earlier.FindEntryAsync(input.Session, input.Incarnation, later, cancellationToken);
            if ((entry.Again?.Before ?? entry.Semantic) is { } digest)
            {
                name = digest;
                break;
            }
        }

        return await archives.FindSemanticAsync(name, cancellationToken) is { } document && document.Covers.Contains(number);
    }

    private async Task<string?> FindHindranceAsync(DigestAgainInput input, CancellationToken cancellationToken) =>
        processors.HasModel ? await tokens.FindReasonAsync(input.Session.Account, cancellationToken) : "there is no model";

    // Only an archive whose turn has gone has a digest on request: then this host comes late.
    private async Task AmendAsync(
        CommitAttempt commit, int number, SemanticDocument document, string name, string before, bool withMemories,
        AppliedMemories? applied, CancellationToken cancellationToken)
    {
        var skipped = new MemoryReport { Skipped = document.MemoriesSkipped };
        var again = new DigestedAgain
        {
            Before = before,
            At = document.CreatedAt,
            Usage = document.Usage,
            Memories = withMemories ? MemoryReport.Of(applied?.Diff, skipped) : null,
        };
        await archives.AmendEntryAsync(
            commit.Session,
            commit.Incarnation,
            number,
            entry => entry.Digests is not null ? null : entry with
            {
                State = ArchiveState.Covered,
                Semantic = name,
                Abstract = document.Abstract,
                MemoryDiff = applied?.Blob ?? entry.MemoryDiff,
                PeersMemoryDiff = applied?.PeersBlob ?? entry.PeersMemoryDiff,
                Again = again,
            },
            cancellationToken);
    }

    private async Task<Manifest> OpenAsync(DigestAgainInput input, CancellationToken cancellationToken) =>
        (await ledger.OpenAsync(new CommitAttempt(input.Session, input.Incarnation, default, 0), fresh: true, cancellationToken)).Manifest;
}
