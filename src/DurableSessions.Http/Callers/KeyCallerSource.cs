using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Callers;

/// <summary>
/// Knows callers by their keys. A key says who they are; headers that say something else are ignored. Until the first key is made they are
/// believed, as <see cref="DevCallerSource"/> does.
/// </summary>
internal sealed class KeyCallerSource(KeyRing ring, ILogger<KeyCallerSource> log) : ICallerSource
{
    private readonly DevCallerSource _dev = new();

    public string AuthMode => ring.HasKeys ? "api_key" : _dev.AuthMode;

    public async ValueTask<Caller> IdentifyAsync(HttpContext context)
    {
        if (await ring.GetAsync(log, context.RequestAborted) is not { } keys)
        {
            return await _dev.IdentifyAsync(context);
        }

        ApiKey key = Find(keys, context);
        return key is { Account: { } account, User: { } user }
            ? new Caller(account, user)
            : throw new ApiException(ApiError.NotPermitted("This is an operator's key; sessions and tasks are their users'."));
    }

    public async ValueTask RejectInvalidKeyAsync(HttpContext context)
    {
        if (PresentedKey.Of(context.Request) is null)
        {
            return;
        }

        KeySet? keys;
        try
        {
            keys = await ring.GetAsync(log, context.RequestAborted);
        }
        catch (ApiException)
        {
            // Storage is away, and with it what would say that the key is wrong.
            return;
        }

        if (keys is not null)
        {
            Find(keys, context);
        }
    }

    public async ValueTask RequireOperatorAsync(HttpContext context)
    {
        if (await ring.GetAsync(log, context.RequestAborted) is { } keys && !Find(keys, context).IsOperator)
        {
            throw new ApiException(ApiError.NotPermitted("This takes an operator's key."));
        }
    }

    private static ApiKey Find(KeySet keys, HttpContext context) => PresentedKey.Of(context.Request) switch
    {
        null => throw new ApiException(ApiError.Unauthenticated("A key is needed, as X-API-Key or as Authorization: Bearer.")),
        { } text => keys.Find(text) ?? throw new ApiException(ApiError.Unauthenticated("The key is not known, or was revoked.")),
    };
}
