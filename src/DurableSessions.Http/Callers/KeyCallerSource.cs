using DurableSessions.Http.Audit;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Callers;

/// <summary>
/// Authenticates callers by API keys. The key names the account and the user; the headers that name them are ignored. Until the first key
/// is created, the headers count, as in <see cref="DevCallerSource"/>.
/// </summary>
internal sealed class KeyCallerSource(KeyRing ring, KeyUses uses, ILogger<KeyCallerSource> log) : ICallerSource
{
    private readonly DevCallerSource _dev = new();

    public string AuthMode => ring.HasKeys ? "api_key" : _dev.AuthMode;

    public async ValueTask AdmitAsync(HttpContext context)
    {
        // The cache may be older than the first key, which a request that would be refused without keys may present.
        if (!ring.HasKeys
            && LocalRequest.Refusal(context.Request) is { } refusal
            && await ring.GetAsync(log, context.RequestAborted) is null)
        {
            throw new ApiException(refusal);
        }
    }

    public async ValueTask<Caller> IdentifyAsync(HttpContext context)
    {
        if (await ring.GetAsync(log, context.RequestAborted) is not { } keys)
        {
            return await _dev.IdentifyAsync(context);
        }

        ApiKey key = Authorize(keys, context);
        return key is { Account: { } account, User: { } user }
            ? new Caller(account, user) { IsReadOnly = key.IsReadOnly }
            : throw new ApiException(ApiError.NotPermitted(
                "This is an operator's key; sessions and tasks are their users'.", RefusalReason.OperatorsKey));
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
            // Storage is unavailable: the key can be neither accepted nor rejected.
            return;
        }

        if (keys is not null)
        {
            Find(keys, context);
        }
    }

    public async ValueTask RequireOperatorAsync(HttpContext context)
    {
        if (await ring.GetAsync(log, context.RequestAborted) is { } keys && !Authorize(keys, context).IsOperator)
        {
            throw new ApiException(ApiError.NotPermitted("An operator's key is required.", RefusalReason.NoOperatorsKey));
        }
    }

    // Every endpoint that needs a key asks here, so that one that does not say that it only reads is closed to read-only keys.
    private ApiKey Authorize(KeySet keys, HttpContext context)
    {
        ApiKey key = Find(keys, context);
        if (key.IsReadOnly && !OnlyReadsAttribute.IsOn(context.GetEndpoint()))
        {
            throw new ApiException(ApiError.NotPermitted(
                "The scope of this key is read-only; this route changes something.", RefusalReason.ReadOnlyKey));
        }

        RequestKey.Begin(context, key, ring.Open);
        uses.Note(key);
        return key;
    }

    private ApiKey Find(KeySet keys, HttpContext context)
    {
        if (PresentedKey.Of(context.Request) is not { } text)
        {
            throw new ApiException(
                ApiError.Unauthenticated("A key is needed, as X-API-Key or as Authorization: Bearer.", RefusalReason.NoKey));
        }

        ApiKey key = keys.Find(text)
            ?? throw new ApiException(ApiError.Unauthenticated("The key is not known, or was revoked.", RefusalReason.UnknownKey));
        return ring.IsExpired(key)
            ? throw new ApiException(ApiError.Unauthenticated("The key has expired.", RefusalReason.ExpiredKey))
            : key;
    }
}
