using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Requests;

/// <summary>Reads a request's body into memory, within a bound of bytes and a bound of time.</summary>
internal static class BodyReader
{
    private const int ReadAtOnce = 64 * 1024;

    /// <summary>Reads all of it.</summary>
    /// <param name="http">The request.</param>
    /// <param name="maxBytes">The most bytes that it may have.</param>
    /// <param name="lease">Holds the bytes of the body from then on.</param>
    /// <exception cref="ApiException">
    /// 413: it is larger. 408: it was not there within <see cref="HttpLimits.BodySeconds"/>. 503: too many bytes of other bodies are held.
    /// </exception>
    public static async Task<Memory<byte>> ReadAsync(HttpContext http, int maxBytes, BodyLease lease)
    {
        // Counted here, so that the response is the same on every host, and so that the server still reads the rest of the body (for some
        // seconds) and does not close the connection of a client that has not read the response.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        if (http.Request.ContentLength > maxBytes)
        {
            throw new ApiException(ApiError.TooLarge("body", maxBytes));
        }

        int seconds = http.RequestServices.GetRequiredService<IOptions<HttpLimits>>().Value.BodySeconds;
        TimeProvider time = http.RequestServices.GetRequiredService<TimeProvider>();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), time);
        CancellationToken gone = RequestKey.EndOf(http);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, gone);
        try
        {
            return await ReadAsync(http.Request, maxBytes, lease, ended.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !gone.IsCancellationRequested)
        {
            throw new ApiException(ApiError.RequestTimeout($"body: must be sent within {seconds} seconds."));
        }
    }

    private static async Task<Memory<byte>> ReadAsync(
        HttpRequest request, int maxBytes, BodyLease lease, CancellationToken cancellationToken)
    {
        // One byte more than there may be, so that the end of the largest body is seen, and so is a byte behind it.
        int largest = (int)Math.Min(request.ContentLength ?? maxBytes, maxBytes) + 1;
        byte[] body = [];
        int length = 0;
        while (true)
        {
            if (length == body.Length)
            {
                int size = (int)Math.Min(Math.Max(ReadAtOnce, 2L * length), largest);
                await lease.GrowToAsync(Math.Min(size, maxBytes), cancellationToken);
                Array.Resize(ref body, size);
            }

            int read = await request.Body.ReadAsync(body.AsMemory(length), cancellationToken);
            length += read;
            if (length > maxBytes)
            {
                throw new ApiException(ApiError.TooLarge("body", maxBytes));
            }

            if (read == 0)
            {
                return body.AsMemory(0, length);
            }
        }
    }
}
