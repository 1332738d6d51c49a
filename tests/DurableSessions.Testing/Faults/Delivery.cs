using Azure.Core;
using Azure.Core.Pipeline;

namespace DurableSessions.Testing;

/// <summary>A request under way, its body buffered, so that it can be sent as it is any number of times and at any time.</summary>
internal sealed class Delivery
{
    private const int MaxBodyBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan s_copyTimeout = TimeSpan.FromSeconds(30);

    private readonly HttpPipelineTransport _inner;
    private readonly RequestMethod _method;
    private readonly Uri _uri;
    private readonly HttpHeader[] _headers;
    private readonly byte[]? _body;

    private Delivery(HttpPipelineTransport inner, HttpMessage message, byte[]? body)
    {
        _inner = inner;
        Message = message;
        _method = message.Request.Method;
        _uri = message.Request.Uri.ToUri();
        _headers = [.. message.Request.Headers];
        _body = body;
    }

    /// <summary>The client's request. Its answer can be set only while the client waits.</summary>
    public HttpMessage Message { get; }

    public static async Task<Delivery> BufferAsync(HttpPipelineTransport inner, HttpMessage message)
    {
        byte[]? body = null;
        if (message.Request.Content is { } content)
        {
            using var buffer = new MemoryStream();
            await content.WriteToAsync(buffer, message.CancellationToken);
            if (buffer.Length > MaxBodyBytes)
            {
                throw new InvalidOperationException($"A body of {buffer.Length} bytes is more than a test buffers.");
            }

            body = buffer.ToArray();
            message.Request.Content = RequestContent.Create(body);
        }

        return new Delivery(inner, message, body);
    }

    /// <summary>Sends the client's own request; the client gets the answer.</summary>
    public async Task SendAsync() => await _inner.ProcessAsync(Message);

    /// <summary>Sends a copy that does not depend on the client any more. The status that storage answered with.</summary>
    public async Task<int> SendCopyAsync()
    {
        Request request = _inner.CreateRequest();
        request.Method = _method;
        request.Uri.Reset(_uri);
        foreach (HttpHeader header in _headers)
        {
            request.Headers.Add(header);
        }

        request.Content = _body is null ? null : RequestContent.Create(_body);
        using var copy = new HttpMessage(request, Message.ResponseClassifier) { BufferResponse = true };
        await _inner.ProcessAsync(copy).AsTask().WaitAsync(s_copyTimeout);
        return copy.Response.Status;
    }
}
