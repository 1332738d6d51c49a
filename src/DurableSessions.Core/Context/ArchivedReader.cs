using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Context;

/// <summary>
/// Spends what a context has left on archives that its overview covers: on their abstracts, then on their messages, those that fit a
/// question or the newest.
/// </summary>
/// <remarks>
/// All of it is a gain that a context can do without. An archive that expires, or whose session is deleted, while it is read is left out,
/// as if it had before; so is one that is damaged.
/// </remarks>
internal sealed class ArchivedReader(CoveredArchives covered, IArchivedSearch search, ILogger<ArchivedReader> logger)
{
    /// <summary>Longer messages are not given for a question.</summary>
    public const int MaxMatchBytes = ArchiveBlocks.BlockBytes;

    /// <summary>Reads it.</summary>
    /// <param name="request">What may be in it.</param>
    /// <param name="blocks">How messages are read.</param>
    /// <param name="counter">Counts what is read besides.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<ArchivedContext> ReadAsync(
        ArchivedRequest request, ContextBlocks blocks, ReadCounter counter, CancellationToken cancellationToken)
    {
        if (request.Tokens <= 0 || request.Newest <= request.Manifest.ExpiredArchives)
        {
            return ArchivedContext.None;
        }

        IAsyncEnumerable<CoveredArchive> archives =
            covered.ReadAsync(request.Key, request.Manifest, request.Newest, counter, cancellationToken);
        (List<ArchiveAbstract> abstracts, long spent) = await ReadAbstractsAsync(archives, request.AbstractTokens, cancellationToken);
        long left = request.Tokens - spent;
        List<ContextMessage> messages = request switch
        {
            { Query: not null } => await ReadMatchesAsync(request, left, blocks, cancellationToken),
            { IsRun: true } => await ReadNewestAsync(request, archives, left, blocks, cancellationToken),
            _ => [],
        };
        return new ArchivedContext(abstracts, spent, messages);
    }

    private static async Task<(List<ArchiveAbstract> Abstracts, long Spent)> ReadAbstractsAsync(
        IAsyncEnumerable<CoveredArchive> archives, long tokens, CancellationToken cancellationToken)
    {
        var abstracts = new List<ArchiveAbstract>();
        long left = tokens;
        if (tokens > 0)
        {
            await foreach (CoveredArchive archive in archives.WithCancellation(cancellationToken))
            {
                long needed = TokenEstimate.Of(archive.Abstract);
                if (needed > left)
                {
                    break;
                }

                if (archive.Abstract.Length > 0)
                {
                    abstracts.Add(new ArchiveAbstract(archive.Number, archive.Abstract));
                    left -= needed;
                }
            }
        }

        return (abstracts, tokens - left);
    }

    // Whole ones, from the newest backwards to the first that does not fit or cannot be read.
    private async Task<List<ContextMessage>> ReadNewestAsync(
        ArchivedRequest request, IAsyncEnumerable<CoveredArchive> archives, long tokens, ContextBlocks blocks,
        CancellationToken cancellationToken)
    {
        var run = new List<ContextMessage>();
        var seen = new HashSet<string>(request.Seen, StringComparer.Ordinal);
        long left = tokens;
        await foreach (CoveredArchive archive in archives.WithCancellation(cancellationToken))
        {
            if (!await AddAsync(archive))
            {
                break;
            }
        }

        run.Reverse();
        return run;

        async Task<bool> AddAsync(CoveredArchive archive)
        {
            long read = 0;
            try
            {
                await foreach (ReadOnlyMemory<byte> line in blocks.ReadBackwardsAsync(archive.Commit, archive.Bytes, cancellationToken))
                {
                    read += line.Length + 1;
                    var message = SessionMessage.Parse(line);
                    if (!seen.Add(message.Id))
                    {
                        continue;
                    }

                    left -= message.EstimatedTokens;
                    if (left < 0)
                    {
                        return false;
                    }

                    run.Add(new ContextMessage(line, message.EstimatedTokens, archive.Number));
                    if (left == 0)
                    {
                        return false;
                    }
                }
            }
            catch (BlobGoneException)
            {
                return false;
            }
            catch (FormatException e)
            {
                logger.ArchivedMessagesUnreadable(e, request.Key, archive.Number);
                return false;
            }

            return read == archive.Bytes;
        }
    }

    // Whole ones, the best first as far as they fit; then in the order in which they were said.
    private async Task<List<ContextMessage>> ReadMatchesAsync(
        ArchivedRequest request, long tokens, ContextBlocks blocks, CancellationToken cancellationToken)
    {
        IReadOnlyList<MessageMatch> matches = await search.FindAsync(
            request.Key,
            request.Query!,
            a => a.Incarnation == request.Manifest.Incarnation && a.Number <= request.Newest && a.Number > request.Manifest.ExpiredArchives,
            cancellationToken);
        var chosen = new List<(MessageMatch Match, ContextMessage Message)>();
        var seen = new HashSet<string>(request.Seen, StringComparer.Ordinal);
        long left = tokens;
        foreach (MessageMatch match in matches)
        {
            if (left == 0)
            {
                break;
            }

            if (await FindAsync(request.Key, match, blocks, cancellationToken) is { } message
                && message.EstimatedTokens <= left && seen.Add(message.Id))
            {
                left -= message.EstimatedTokens;
                chosen.Add((match, new ContextMessage(message.Line, message.EstimatedTokens, match.Archive.Number)));
            }
        }

        return
        [
            .. chosen.OrderBy(static c => c.Match.Archive.Number).ThenBy(static c => c.Match.Offset).Select(static c => c.Message),
        ];
    }

    private async Task<SessionMessage?> FindAsync(
        SessionKey key, MessageMatch match, ContextBlocks blocks, CancellationToken cancellationToken)
    {
        if (match.Length > MaxMatchBytes)
        {
            return null;
        }

        SegmentArchive archive = match.Archive;
        var commit = new CommitAttempt(key, archive.Incarnation, archive.CommitId, archive.Attempt);
        try
        {
            return await blocks.FindAsync(commit, match.Offset, match.Length, cancellationToken) is { } line
                ? SessionMessage.Parse(line)
                : null;
        }
        catch (BlobGoneException)
        {
            return null;
        }
        catch (FormatException e)
        {
            logger.ArchivedMessagesUnreadable(e, key, archive.Number);
            return null;
        }
    }
}
