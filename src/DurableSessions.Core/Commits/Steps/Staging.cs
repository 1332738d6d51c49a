using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Carries out the cut that a manifest shows, a commit's own or another's: seals the segments it cuts, and writes what it
/// archives and what it retains. Everything it needs is in the manifest, and the same for each host: sealed bytes.
/// </summary>
/// <remarks>
/// A crash before or after any request here changes nothing for a reader: live still lists the sealed segments. Run again, it
/// finds them sealed, reads the same bytes, and finds or writes the same blobs.
/// </remarks>
internal sealed class Staging(SegmentStore segments, ArchiveStore archives, LiveViews views)
{
    /// <summary>Lines are kept in memory for a second pass up to this many bytes; above, they are read again.</summary>
    private const long MaxBufferedBytes = 8 * 1024 * 1024;

    /// <summary>
    /// Stages the cut. <see langword="null"/>: a segment has gone, so another host has carried the cut to its end.
    /// </summary>
    public async Task<Staged?> TryStageAsync(SessionKey key, Manifest manifest, CancellationToken cancellationToken)
    {
        Cut cut = manifest.Cutting ?? throw new InvalidOperationException("The manifest shows no cut.");
        List<SegmentReference> cutSegments = [.. manifest.Live.Take(cut.Segments)];
        foreach (SegmentReference segment in cutSegments.Where(static s => !s.Immutable))
        {
            if (!await segments.TrySealAsync(segment.Name, cancellationToken))
            {
                return null;
            }
        }

        try
        {
            return await StageSealedAsync(key, manifest, cut, cutSegments, cancellationToken);
        }
        catch (BlobGoneException)
        {
            return null;
        }
    }

    private async Task<Staged> StageSealedAsync(
        SessionKey key, Manifest manifest, Cut cut, List<SegmentReference> cutSegments, CancellationToken cancellationToken)
    {
        var log = new SealedLog(segments, cutSegments, MaxBufferedBytes);
        int archived = int.MaxValue;
        if (cut.KeepRecent > 0)
        {
            TurnSplit? turns = cut.Turns is null ? null : new TurnSplit(cut.Turns);
            int all = 0;
            await foreach (SessionMessage message in log.ReadAsync(cancellationToken))
            {
                all++;
                turns?.Add(MessageShape.Of(message));
            }

            archived = turns?.Archived ?? Math.Max(0, all - cut.KeepRecent);
        }

        var commit = new CommitAttempt(key, manifest.Incarnation, cut.CommitId, cut.Attempt);
        using BlockBlobWriter archive = archives.OpenWriter(ArchiveStore.MessagesName(commit));
        string retainedName = BlobNames.Retained(commit);
        using BlockBlobWriter retained = archives.OpenWriter(retainedName, cut.Turns is null ? 0 : BlockBlobWriter.TurnRetentionBlocks);
        var retainedView = new SegmentView(new SegmentReference(retainedName, Immutable: true));
        int messages = 0;
        int keyed = 0;
        long tokens = 0;
        int retainedMessages = 0;
        string? lastMessageAt = null;
        await foreach (SessionMessage message in log.ReadAsync(cancellationToken))
        {
            if (messages < archived)
            {
                messages++;
                tokens += message.EstimatedTokens;
                keyed += MessageId.TryParse(message.Id, out MessageId id) && id.IsKeyed ? 1 : 0;
                lastMessageAt = message.CreatedAt;
                await archive.WriteLineAsync(message.Line, cancellationToken);
            }
            else
            {
                retainedMessages++;

                // Where nothing is archived the cut is undone, and the segments stay live: not even a block is written.
                if (archived > 0)
                {
                    await retained.WriteLineAsync(message.Line, cancellationToken);
                    retainedView.Add(message, retained.Length);
                }
            }
        }

        string sha256 = "";
        if (messages > 0)
        {
            sha256 = await archive.CompleteAsync(cancellationToken);
            if (retained.Length > 0)
            {
                await retained.CompleteAsync(cancellationToken);
                retainedView.IsComplete = true;
                views.Learn(retainedView);
            }
        }

        foreach (SegmentView segment in log.Views)
        {
            views.Learn(segment);
        }

        var counts = new StagedCounts(messages, tokens, archive.Length, retainedMessages, keyed, sha256, lastMessageAt);
        return new Staged(counts, [.. log.Views.Where(static v => v.Length == 0).Select(static v => v.Name)]);
    }
}
