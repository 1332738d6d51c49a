using System.Buffers;
using System.IO.Pipelines;

namespace DurableSessions.Server.Clients;

/// <summary>
/// JSON that is parsed as it arrives. What holds no whole value yet is parsed again once there is as much again: the work is linear in the
/// bytes, however long a value is and in however small pieces it comes.
/// </summary>
/// <param name="stream">The JSON; the caller disposes it.</param>
/// <param name="maxBytes">The most bytes of one value; little more than these are in memory.</param>
internal sealed class JsonPipe(Stream stream, int maxBytes) : IDisposable
{
    private const int ReadAtOnce = 64 * 1024;

    private readonly PipeReader _pipe = PipeReader.Create(
        stream, new StreamPipeReaderOptions(bufferSize: ReadAtOnce, leaveOpen: true));

    private long _enough;

    /// <summary>Bytes that were handed out, each as often as it was: up to four times those of the stream.</summary>
    public long Parsed { get; private set; }

    /// <summary>What there is once more of it has arrived; <see langword="null"/>: not enough to parse it again.</summary>
    public async ValueTask<ReadResult?> ReadAsync(CancellationToken cancellationToken)
    {
        ReadResult read = await _pipe.ReadAsync(cancellationToken);
        if (read.Buffer.Length < _enough && !read.IsCompleted)
        {
            _pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return null;
        }

        Parsed += read.Buffer.Length;
        return read;
    }

    /// <summary>Lets go of what was parsed.</summary>
    /// <param name="buffer">What was read.</param>
    /// <param name="taken">Where the first value begins that is not whole.</param>
    /// <returns>Whether that one is within its bound so far.</returns>
    public bool TryAdvance(ReadOnlySequence<byte> buffer, SequencePosition taken)
    {
        long left = buffer.Slice(taken).Length;
        _enough = Math.Min(2 * left, maxBytes + 1L);
        _pipe.AdvanceTo(taken, buffer.End);
        return left <= maxBytes;
    }

    public void Dispose() => _pipe.Complete();
}
