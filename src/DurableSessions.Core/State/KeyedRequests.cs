using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.State;

/// <summary>
/// Remembers what idempotency keys of a user stand for: <c>requests/{account}/{user}/{key's hash}.json</c>, written once, and kept for at
/// least as long as keys are honoured. The audit removes what is older.
/// </summary>
internal sealed class KeyedRequests(SessionStorage storage)
{
    /// <summary>What the key was used for; <see langword="null"/>: nothing yet.</summary>
    /// <exception cref="IdempotencyKeyReusedException">It was used with another request.</exception>
    public async Task<T?> FindAsync<T>(UserKey user, RequestKey key, CancellationToken cancellationToken)
        where T : KeyedRequest
    {
        T? known = await storage.Container.FindAsync<T>(BlobNames.Request(user, key.KeyHash), cancellationToken);
        known?.Check(key.RequestHash);
        return known;
    }

    /// <summary>Writes down what the key is used for, unless that is written. What stands then: the first writer's.</summary>
    /// <exception cref="IdempotencyKeyReusedException">It was used with another request.</exception>
    public async Task<T> EnterAsync<T>(UserKey user, RequestKey key, T request, CancellationToken cancellationToken)
        where T : KeyedRequest
    {
        T standing = await storage.Container.WriteOnceAsync(BlobNames.Request(user, key.KeyHash), request, cancellationToken);
        standing.Check(key.RequestHash);
        return standing;
    }
}
