using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Tasks;

/// <summary>The idempotency keys of requests that cancel or retry a task; see <see cref="KeyedAttempt"/>.</summary>
internal sealed class KeyedAttempts(KeyedRequests requests)
{
    /// <summary>One for all that is done to tasks: a key that cancelled one neither retries it, nor cancels another.</summary>
    private const string KeyPurpose = "task";

    /// <summary>The attempt that the key stands for; <see langword="null"/>: the key has not been used.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    public Task<KeyedAttempt?> FindAsync(UserKey user, IdempotencyKey key, CancellationToken cancellationToken) =>
        requests.FindAsync<KeyedAttempt>(user, RequestKey.Of(key, KeyPurpose), cancellationToken);

    /// <summary>Lets the key stand for an attempt, unless it stands for one. The one it stands for.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    public Task<KeyedAttempt> EnterAsync(
        UserKey user, IdempotencyKey key, int attempt, CancellationToken cancellationToken)
    {
        RequestKey request = RequestKey.Of(key, KeyPurpose);
        var keyed = new KeyedAttempt { RequestHash = request.RequestHash, Attempt = attempt };
        return requests.EnterAsync(user, request, keyed, cancellationToken);
    }
}
