using System.Globalization;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Recall.Segments;

/// <summary>
/// Writes the index of an archive's messages: one immutable segment, whose bytes depend on the archive alone. So whichever host writes it
/// first, and however often that is done again, the same is there.
/// </summary>
/// <remarks>
/// What cannot be read of an archive does not hold up its commit: those messages are left out, and logged. A host that has written the
/// archive a moment ago has its lines in memory; archives that are read back are indexed one at a time, so that a host holds no more than
/// the index of one, about twice <see cref="MaxBytes"/>, beside its small ones.
/// </remarks>
internal sealed class ArchiveIndexer(SessionStorage storage, ArchiveStore archives, ILogger<ArchiveIndexer> logger) : IDisposable
{
    /// <summary>Bytes of an archive's lines that are indexed; messages that end behind it are not found by their words.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    private readonly SemaphoreSlim _large = new(1);

    /// <summary>Writes it, unless it is there. An archive none of whose messages can be read has none.</summary>
    /// <param name="commit">The attempt that has staged the archive's messages.</param>
    /// <param name="number">The archive's number.</param>
    /// <param name="cancellationToken">Stops waiting; it may be written or not.</param>
    public async Task WriteAsync(CommitAttempt commit, int number, CancellationToken cancellationToken)
    {
        if (archives.HasLinesInMemory(commit))
        {
            await BuildAndWriteAsync(commit, number, cancellationToken);
            return;
        }

        await _large.WaitAsync(cancellationToken);
        try
        {
            await BuildAndWriteAsync(commit, number, cancellationToken);
        }
        finally
        {
            _large.Release();
        }
    }

    public void Dispose() => _large.Dispose();

    private async Task BuildAndWriteAsync(CommitAttempt commit, int number, CancellationToken cancellationToken)
    {
        var builder = new SegmentBuilder(
            new SegmentArchive(commit.Session.Id, commit.Incarnation, commit.CommitId, commit.Attempt, number));
        await AddMessagesAsync(builder, commit, number, cancellationToken);
        if (builder.Messages == 0)
        {
            return;
        }

        using var bytes = new MemoryStream();
        await builder.WriteAsync(bytes, cancellationToken);
        try
        {
            await storage.Container.GetBlobClient(BlobNames.SearchIndex(commit, number)).UploadAsync(
                new BinaryData(bytes.GetBuffer().AsMemory(0, (int)bytes.Length)),
                new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } },
                cancellationToken);
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet())
        {
            // Its bytes are the same.
        }
    }

    private async Task AddMessagesAsync(SegmentBuilder builder, CommitAttempt commit, int number, CancellationToken cancellationToken)
    {
        Exception? unreadable = null;
        string? reason = null;
        try
        {
            long begin = 0;
            DateTimeOffset saidAt = DateTimeOffset.MinValue;
            await foreach (BlobLine line in archives.ReadLinesAsync(commit, cancellationToken))
            {
                if (line.End > MaxBytes)
                {
                    reason = $"only the first {MaxBytes} bytes of an archive are indexed";
                    break;
                }

                try
                {
                    var message = SessionMessage.Parse(line.Content);
                    saidAt = SaidAt(message) ?? saidAt;
                    builder.Add(new SegmentMessage(
                        message.Role, message.PeerId, saidAt, string.Join('\n', message.Texts()), begin, line.Content.Length));
                }
                catch (FormatException e)
                {
                    unreadable = e;
                    reason = "a message is damaged";
                }

                begin = line.End;
            }
        }
        catch (Exception e) when (e is BlobGoneException or FormatException)
        {
            unreadable = e;
            reason = "the archive is damaged";
        }

        if (reason is not null)
        {
            logger.MessagesNotIndexed(unreadable, commit.CommitId, commit.Session, number, builder.Messages, reason);
        }
    }

    private static DateTimeOffset? SaidAt(SessionMessage message) =>
        DateTimeOffset.TryParse(message.CreatedAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : null;
}
