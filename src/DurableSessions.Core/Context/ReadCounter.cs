using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Context;

/// <summary>Counts what is read for one context, and hands it on as <see cref="ReadBytes"/> says.</summary>
internal sealed class ReadCounter(ReadBytes? read, CancellationToken cancellationToken)
{
    private long _unread;

    /// <summary>Counts blobs that are about to be read, each as one range.</summary>
    public ValueTask AddBlobsAsync(int count) =>
        count > 0 && read is not null ? read((long)count * BlobLines.RangeBytes, cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Counts a message that was read.</summary>
    public async ValueTask AddAsync(int bytes)
    {
        _unread += bytes;
        if (_unread >= BlobLines.RangeBytes && read is not null)
        {
            await read(_unread, cancellationToken);
            _unread %= BlobLines.RangeBytes;
        }
    }
}
