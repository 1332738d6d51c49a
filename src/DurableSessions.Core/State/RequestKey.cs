using DurableSessions.Core.Identities;

namespace DurableSessions.Core.State;

/// <summary>The idempotency key of a request that changed the manifest, so that its repetition is recognised.</summary>
internal sealed record RequestKey(string KeyHash, string RequestHash)
{
    public static RequestKey Of(IdempotencyKey key, string purpose) => new(key.Hash(purpose), key.RequestHash);
}
