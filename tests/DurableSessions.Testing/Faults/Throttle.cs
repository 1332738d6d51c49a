using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace DurableSessions.Testing;

/// <summary>A storage that carries out so many requests a second, and answers 503 to the others: a token bucket.</summary>
/// <param name="perSecond">The tokens that come back in a second.</param>
/// <param name="burst">The most tokens it holds, which it has at first.</param>
/// <param name="time">Its clock.</param>
public sealed class Throttle(double perSecond, double burst, TimeProvider time) : HttpPipelineTransport
{
    private readonly Lock _gate = new();
    private HttpPipelineTransport _inner = HttpClientTransport.Shared;
    private double _used;
    private bool _isLifted;
    private long _filledAt = time.GetTimestamp();
    private long _carriedOut;
    private long _refused;

    /// <summary>Requests that it has carried out.</summary>
    public long CarriedOut => Interlocked.Read(ref _carriedOut);

    /// <summary>Requests that it has answered 503.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>From now on it takes all.</summary>
    public void Lift()
    {
        lock (_gate)
        {
            _isLifted = true;
        }
    }

    /// <summary>Requests go on over the transport that the options had: to all clients that it is configured for, the same one.</summary>
    public void Configure(BlobClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _inner = options.Transport;
        options.Transport = this;
    }

    public override Request CreateRequest() => _inner.CreateRequest();

    public override void Process(HttpMessage message) => ProcessAsync(message).AsTask().GetAwaiter().GetResult();

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (TryTake())
        {
            Interlocked.Increment(ref _carriedOut);
            await _inner.ProcessAsync(message);
        }
        else
        {
            Interlocked.Increment(ref _refused);
            message.Response = new CannedResponse(503, "ServerBusy", retryAfter: null, message.Request.ClientRequestId);
        }
    }

    private bool TryTake()
    {
        lock (_gate)
        {
            _used = Math.Max(0, _used - (time.GetElapsedTime(_filledAt).TotalSeconds * perSecond));
            _filledAt = time.GetTimestamp();
            bool isThere = _isLifted || _used <= burst - 1;
            _used += isThere && !_isLifted ? 1 : 0;
            return isThere;
        }
    }
}
