using DurableSessions.Core.Archives;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Digests a covered archive once more, by the configured processor alone, and stores the digest once, under the request's own name. The
/// archive is not changed here: that is <see cref="ChangeDigestActivity"/>.
/// </summary>
/// <remarks>
/// A crash before the digest is stored leaves the answers of a model that were kept: no host asks for them again. After it, run again,
/// the digest is found. One that no change takes is an orphan, as are the answers to a request that has failed: an audit finds them.
/// Memories are not looked for: the archive's first digest has extracted them, and what the user has made of them since stands.
/// </remarks>
internal sealed class DigestArchiveActivity(
    CommitLedger ledger, EarlierDigests earlier, ArchiveStore archives, SemanticStep step, SemanticProcessors processors,
    DailyTokens tokens, SessionOptions options, ILogger<DigestArchiveActivity> logger) : TaskActivity<DigestArchiveInput, string?>
{
    /// <summary>Why no model digests it now; <see langword="null"/>: the digest is stored.</summary>
    public override async Task<string?> RunAsync(TaskActivityContext context, DigestArchiveInput input)
    {
        try
        {
            return await DigestAsync(input, context.CancellationToken);
        }
        catch (BlobGoneException)
        {
            // What is to be digested has gone: that is so when the session is deleted or archives have expired, and an error otherwise.
            Manifest manifest = await OpenAsync(input, context.CancellationToken);
            if (await FindExpiredAsync(input, manifest, context.CancellationToken) is { } reason)
            {
                return reason;
            }

            throw;
        }
    }

    private async Task<string?> FindExpiredAsync(DigestArchiveInput input, Manifest manifest, CancellationToken cancellationToken) =>
        input.Number <= manifest.ExpiredArchives ? ChangeDigestActivity.HasExpired
        : manifest.ExpiredArchives > 0
            && await earlier.FindBasisNumberAsync(input.Session, manifest, input.Number, cancellationToken) is null
            ? "the archive before it, from whose digest it is made, has expired"
        : null;

    private async Task<string?> DigestAsync(DigestArchiveInput input, CancellationToken cancellationToken)
    {
        Manifest manifest = await OpenAsync(input, cancellationToken);
        ArchiveEntry entry = await earlier.FindEntryAsync(input.Session, input.Incarnation, input.Number, cancellationToken);
        if (DigestChanges.Of(entry).Count >= input.Change)
        {
            // The next step says whether that was this request. Its digest may have been let go since, and is not made again.
            return null;
        }

        CommitAttempt commit = new(input.Session, input.Incarnation, entry.CommitId, entry.Attempt);
        string name = ArchiveStore.SemanticOfRequestName(commit, input.Request);
        if (await archives.FindSemanticAsync(name, cancellationToken) is not null)
        {
            return null;
        }

        string? reason = processors.HasModel
            ? await tokens.FindReasonAsync(input.Session.Account, cancellationToken)
            : "there is no model";
        if (reason is not null)
        {
            return reason;
        }

        SemanticBasis basis = await earlier.FindBasisAsync(commit, entry, cancellationToken);
        SemanticDocument document = await step.DigestAsync(
            basis with { Request = input.Request, Instructions = input.Instructions },
            manifest.Settings,
            processors.Configured,
            degraded: false,
            reason: null,
            name,
            options.Semantic.Timeout,
            cancellationToken);
        logger.ArchiveDigestedAgain(commit.CommitId, input.Session, input.Number, document.Processor, document.Covers);
        return null;
    }

    private async Task<Manifest> OpenAsync(DigestArchiveInput input, CancellationToken cancellationToken) =>
        (await ledger.OpenAsync(new CommitAttempt(input.Session, input.Incarnation, default, 0), fresh: true, cancellationToken)).Manifest;
}
