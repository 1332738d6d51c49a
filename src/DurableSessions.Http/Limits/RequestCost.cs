using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Limits;

/// <summary>
/// What one request takes of its client's bucket: the weight of its route before it is executed, and what it costs above that while it is.
/// All together never more than the bucket holds: a client whose bucket is full may send any request.
/// </summary>
internal sealed class RequestCost(RequestBuckets buckets, RequestBucket bucket)
{
    /// <summary>The bytes that one token reads.</summary>
    public const int TokenBytes = 1024 * 1024;

    /// <summary>What it has taken above its route's weight.</summary>
    public int Taken { get; private set; }

    /// <summary>The client whose bucket it is; see <see cref="ClientName"/>.</summary>
    public string Client => bucket.Name;

    /// <summary>The cost of a request; <see langword="null"/> where requests are not limited.</summary>
    public static RequestCost? Find(HttpContext http) => http.Features.Get<RequestCost>();

    /// <summary>The tokens of so many bytes, rounded down: the request that reads the first of them is in the route's weight.</summary>
    public static int Of(long bytes) => (int)Math.Min(int.MaxValue, bytes / TokenBytes);

    /// <summary>Takes tokens.</summary>
    /// <exception cref="ApiException">429: they are not there. What the request has taken before is spent.</exception>
    public void Take(int tokens)
    {
        tokens = Math.Min(tokens, bucket.Burst - Taken);
        if (tokens > 0)
        {
            buckets.Take(bucket, tokens, Taken);
            Taken += tokens;
        }
    }
}
