using System.Runtime.CompilerServices;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Makes the digest that reaches up to one archive: from the newest overview, and the messages of every archive since that
/// none covers. So the overview of an archive always holds everything up to it, also after failures. In a session that has none, by its
/// memory policy, the digest is of these messages alone, and its overview is empty.
/// </summary>
internal sealed class SemanticStep(ArchiveStore archives, MemoryCatalogues catalogues, MemoryContents contents, DailyTokens tokens,
    TimeProvider time)
{
    private const string Extracted = "memories are extracted by the first digest of an archive alone";
    private const string NotAllowed = "the session's memory policy allows none";
    private const string Older = "an archive that is digested again replaces and deletes nothing: what is there may be newer";
    private const string StoodIn = "the built-in digest, which extracts no memories, stands in for the model";

    /// <summary>Digests with one processor, and stores the answer once under <paramref name="name"/>.</summary>
    /// <exception cref="DigestTimeoutException">It has taken longer than <paramref name="longest"/>.</exception>
    public async Task<SemanticDocument> DigestAsync(
        SemanticBasis basis, SessionSettings settings, ISemanticProcessor processor, bool degraded, string? reason, string name,
        TimeSpan longest, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await DigestAsync(basis, settings, processor, degraded, reason, name, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DigestTimeoutException(longest);
        }
    }

    private async Task<SemanticDocument> DigestAsync(
        SemanticBasis basis, SessionSettings settings, ISemanticProcessor processor, bool degraded, string? reason, string name,
        CancellationToken cancellationToken)
    {
        CommitAttempt commit = basis.Commit;
        SemanticDocument? previous = basis.Previous is { } overview
            ? await archives.ReadSemanticAsync(overview, cancellationToken)
            : null;
        IReadOnlyList<MemoryCategory> categories = basis.Request is null ? AllowedCategories.Of(settings.MemoryPolicy) : [];
        var memories = new MemoryBaseline(catalogues, contents, commit.Session, categories, settings.MemoryPolicy);
        UserPeers users = previous is null ? new UserPeers() : previous.Users ?? UserPeers.Unknown;
        IAsyncEnumerable<SessionMessage> messages = ReadAsync(commit, basis.Covers, Hear, cancellationToken);
        bool hasOverview = settings.MemoryPolicy?.HasOverview != false;
        var request = new SemanticRequest(hasOverview ? previous?.Overview : null, messages)
        {
            PreviousSources = previous?.Sources,
            PreviousUsers = users,
            // What stands in for a model extracts none: the model does, once it is back, and nothing is there twice.
            Memories = categories.Count == 0 || degraded ? null : memories.Extraction,
            Instructions = basis.Instructions,
            Answers = basis.Request is { } asked
                ? archives.AnswersOfRequest(commit, asked)
                : archives.Answers(basis.IsAgain ? commit with { Attempt = commit.Attempt + 1 } : commit),
        };
        SemanticDigest digest = await processor.DigestAsync(request, cancellationToken);
        if (digest.Abstract.Length > SemanticDigest.MaxAbstractLength || digest.Overview.Length > SemanticDigest.MaxOverviewLength)
        {
            throw new InvalidOperationException(
                $"Processor '{processor.Name}' made an abstract of {digest.Abstract.Length} and an overview of {digest.Overview.Length} "
                + $"characters; at most {SemanticDigest.MaxAbstractLength} and {SemanticDigest.MaxOverviewLength} are taken.");
        }

        (IReadOnlyList<MemoryChange> changes, IReadOnlyList<MemorySkip> skipped) = memories.Accept(digest.Memories);
        if (basis.IsAgain)
        {
            // Memories may say by now what was said after the archive.
            skipped = [.. skipped, .. changes.Where(ReplacesOrDeletes).Select(static c => MemorySkip.Of(c.Key, Older))];
            changes = [.. changes.Where(static c => !ReplacesOrDeletes(c))];
        }

        changes = [.. changes.Select(c => IsTagged(c) ? c with { Tags = basis.EventTags } : c)];
        string? without = basis.Request is not null ? Extracted
            : categories.Count == 0 ? NotAllowed
            : digest.WithoutMemories is not null && degraded ? reason is null ? StoodIn : $"{StoodIn}: {reason}"
            : digest.WithoutMemories;
        var document = new SemanticDocument
        {
            CommitId = commit.CommitId,
            Attempt = commit.Attempt,
            Number = basis.Covers[^1].Number,
            Covers = [.. basis.Covers.Select(static c => c.Number)],
            Processor = processor.Name,
            Degraded = degraded,
            IsFromDegraded = basis.IsFromDegraded,
            Reason = reason,
            Instructions = basis.Instructions,
            Abstract = digest.Abstract,
            Overview = hasOverview ? digest.Overview : "",
            Usage = digest.Usage,
            Sources = digest.Sources,
            Users = users,
            Memories = [.. changes.Where(static c => c.Peer is null)],
            PeerMemories = [.. changes.Where(static c => c.Peer is not null)],
            EventTags = basis.EventTags,
            MemoriesSkipped = [.. without is null ? [] : new[] { new MemorySkip(without) }, .. Bounded(digest.MemoriesSkipped), .. skipped],
            CreatedAt = time.GetUtcNow(),
        };
        SemanticDocument stored = await archives.WriteSemanticAsync(name, document, cancellationToken);
        if (ReferenceEquals(stored, document))
        {
            // Not of one whose digest another host has stored: the answers were the same.
            await tokens.AddAsync(commit.Session.Account, commit.CommitId, digest.Usage, cancellationToken);
        }

        return stored;

        void Hear(SessionMessage message)
        {
            users = users.With(message);
            memories.Hear(message);
        }
    }

    private static bool IsTagged(MemoryChange change) =>
        change.Category == MemoryCategory.Events && change.Operation != MemoryOperation.Delete;

    private static bool ReplacesOrDeletes(MemoryChange change) =>
        change.Operation is MemoryOperation.Update or MemoryOperation.Delete;

    private static IEnumerable<MemorySkip> Bounded(IReadOnlyList<MemorySkip> skipped) => skipped.Count <= MemoryLimits.MaxSkipped
        ? skipped
        :
        [
            .. skipped.Take(MemoryLimits.MaxSkipped),
            new MemorySkip($"{skipped.Count - MemoryLimits.MaxSkipped} more changes that the digest refused"),
        ];

    private async IAsyncEnumerable<SessionMessage> ReadAsync(
        CommitAttempt commit, IReadOnlyList<ArchiveReference> covers, Action<SessionMessage> hear,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (ArchiveReference archive in covers)
        {
            await foreach (SessionMessage message in archives.ReadMessagesAsync(
                commit with { CommitId = archive.CommitId, Attempt = archive.Attempt }, cancellationToken))
            {
                hear(message);
                yield return message;
            }
        }
    }
}
