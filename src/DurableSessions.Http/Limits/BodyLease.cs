using DurableSessions.Core.Context;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Http.Limits;

/// <summary>The bytes that one request's body, or its answer, holds of <see cref="BodyMemory"/>, until it is disposed.</summary>
internal sealed class BodyLease(BodyMemory memory, string client) : IDisposable
{
    private long _bytes;

    /// <summary>Holds nothing yet, for a request.</summary>
    public static BodyLease Begin(HttpContext http) =>
        http.RequestServices.GetRequiredService<BodyMemory>().Begin(ClientName.Of(http));

    /// <summary>Holds <paramref name="bytes"/> in all, where it held fewer.</summary>
    /// <exception cref="Errors.ApiException">503: they were not free in time.</exception>
    public async ValueTask GrowToAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytes > _bytes)
        {
            await memory.TakeAsync(client, bytes - _bytes, cancellationToken);
            _bytes = bytes;
        }
    }

    /// <summary>For a request's answer, which the host holds bytes for until it has sent it.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA2000", Justification = "The response disposes of it.")]
    public static HoldBytes ForAnswer(HttpContext http)
    {
        BodyLease lease = Begin(http);
        http.Response.RegisterForDispose(lease);
        return lease.GrowToAsync;
    }

    /// <summary>Gives all of them back.</summary>
    public void Dispose()
    {
        long bytes = Interlocked.Exchange(ref _bytes, 0);
        if (bytes > 0)
        {
            memory.Return(client, bytes);
        }
    }
}
