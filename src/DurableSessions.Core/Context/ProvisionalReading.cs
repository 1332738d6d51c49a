using System.Threading.Channels;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Core.Context;

/// <summary>
/// One overview while its messages are read for a context. A processor that fails or hangs delays that context by 5 s in all at most.
/// </summary>
internal sealed class ProvisionalReading : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _ended = new();
    private readonly Channel<SessionMessage> _messages = Channel.CreateBounded<SessionMessage>(1);
    private readonly TimeProvider _time;
    private readonly Func<string, string> _made;
    private readonly Action<Exception> _failed;
    private readonly Task<SemanticDigest> _digest;
    private TimeSpan _waited;
    private TimeoutException? _late;
    private int _last;
    private int _beforeLast;

    /// <summary>Starts the processor.</summary>
    /// <param name="processor">The processor.</param>
    /// <param name="before">The overview of everything before; <see langword="null"/>: there is none.</param>
    /// <param name="time">Measures how long it is waited for.</param>
    /// <param name="made">Takes the overview, once it is made, and answers it as it is shown.</param>
    /// <param name="failed">Takes why there is none.</param>
    public ProvisionalReading(
        ISemanticProcessor processor, string? before, TimeProvider time, Func<string, string> made, Action<Exception> failed)
    {
        _time = time;
        _made = made;
        _failed = failed;
        _digest = DigestAsync(processor, before);
    }

    /// <summary>Bytes of messages that the processor may still hold.</summary>
    public long Bytes => (long)_last + _beforeLast;

    /// <summary>Hands on the next archived message, unless the processor has ended.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the context's reading.</param>
    public async ValueTask AddAsync(SessionMessage message, CancellationToken cancellationToken)
    {
        if (_late is null && !_messages.Writer.TryWrite(message))
        {
            Task<bool> isTaken = _messages.Writer.WaitToWriteAsync(cancellationToken).AsTask();
            await WaitAsync(isTaken, cancellationToken);
            _messages.Writer.TryWrite(message);
        }

        (_beforeLast, _last) = (_last, message.Line.Length);
    }

    /// <summary>The overview of all that was added; <see langword="null"/>: it was not made.</summary>
    /// <param name="cancellationToken">Ends the context's reading.</param>
    public async Task<string?> EndAsync(CancellationToken cancellationToken)
    {
        _messages.Writer.TryComplete();
        try
        {
            await WaitAsync(_digest, cancellationToken);
            return _late is null ? _made((await _digest).Overview) : throw _late;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _failed(e);
            return null;
        }
    }

    /// <summary>Ends the processor, where it still runs.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    private async Task<SemanticDigest> DigestAsync(ISemanticProcessor processor, string? before)
    {
        CancellationToken ended = _ended.Token;
        try
        {
            return await processor.DigestAsync(new SemanticRequest(before, _messages.Reader.ReadAllAsync(ended)), ended);
        }
        finally
        {
            _messages.Writer.TryComplete();
        }
    }

    private async Task WaitAsync(Task task, CancellationToken cancellationToken)
    {
        long began = _time.GetTimestamp();
        try
        {
            TimeSpan left = _waited < LongestWait ? LongestWait - _waited : TimeSpan.Zero;
            await task.WaitAsync(left, _time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            _late = e;
        }

        _waited += _time.GetElapsedTime(began);
    }
}
