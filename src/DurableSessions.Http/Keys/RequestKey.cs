using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DurableSessions.Http.Keys;

/// <summary>
/// A feature of a request: the key by which it is authenticated. Where the key ends, so does a request that only reads: what it does is
/// cancelled by <see cref="HttpContext.RequestAborted"/>, and its response is aborted where it has begun. Of one that changes something
/// the body and the wait end (<see cref="EndOf"/>), and nothing between: a client that were answered 401 while its change was stored would
/// send it again.
/// </summary>
internal sealed class RequestKey : IDisposable
{
    private readonly OpenKeys _keys;
    private readonly OpenKey _open;
    private readonly CancellationToken _aborted;
    private readonly CancellationTokenSource _either;
    private readonly CancellationTokenRegistration _abort;

    private RequestKey(HttpContext http, ApiKey key, OpenKeys keys, bool onlyReads)
    {
        Key = key;
        _keys = keys;
        _open = keys.Hold(key);
        _aborted = http.RequestAborted;
        _either = CancellationTokenSource.CreateLinkedTokenSource(_aborted, _open.Ended);
        _abort = _open.Ended.Register(() =>
        {
            if (onlyReads && http.Response.HasStarted)
            {
                http.Abort();
            }
        });
        if (onlyReads)
        {
            http.RequestAborted = _either.Token;
        }
    }

    public ApiKey Key { get; }

    /// <summary>Begins it, where the request is not authenticated yet; it ends with the response.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Reliability", "CA2000", Justification = "The response disposes it.")]
    public static void Begin(HttpContext http, ApiKey key, OpenKeys keys)
    {
        if (http.Features.Get<RequestKey>() is null)
        {
            var begun = new RequestKey(http, key, keys, OnlyReadsAttribute.NeverChanges(http.GetEndpoint()));
            http.Response.RegisterForDispose(begun);
            http.Features.Set(begun);
        }
    }

    /// <summary>Cancelled where the client has gone, or where the key of its request has ended.</summary>
    public static CancellationToken EndOf(HttpContext http) => http.Features.Get<RequestKey>()?._either.Token ?? http.RequestAborted;

    /// <summary>
    /// Whether a request is to be answered with an error, since its key has ended. Not where its client has gone before a response began.
    /// </summary>
    public static bool HasEnded(HttpContext http) => http.Features.Get<RequestKey>() is { _open.Error: not null } key
        && (http.Response.HasStarted || !key._aborted.IsCancellationRequested);

    /// <summary>The error where <see cref="HasEnded"/>. From then on only the client aborts the request, which is to be answered.</summary>
    public static ApiError TakeError(HttpContext http)
    {
        RequestKey key = http.Features.GetRequiredFeature<RequestKey>();
        http.RequestAborted = key._aborted;
        return key._open.Error!;
    }

    public void Dispose()
    {
        _abort.Dispose();
        _either.Dispose();
        _keys.Release(_open);
    }
}
