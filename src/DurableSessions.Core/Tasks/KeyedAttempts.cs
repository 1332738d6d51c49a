using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Tasks;

/// <summary>The idempotency keys of requests that cancel or retry a task; see <see cref="KeyedAttempt"/>.</summary>
internal sealed class KeyedAttempts(KeyedRequests requests)
{
    /// <summary>One for all that is done to tasks: a key that cancelled one neither retries it, nor cancels another.</summary>
    private const string KeyPurpose = "task";

    /// <summary>
    /// The attempt that the key stands for; <see langword="null"/>: the key has not been used, or the request has none.
    /// </summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    public async Task<int?> FindAsync(UserKey user, IdempotencyKey? key, CancellationToken cancellationToken) => key is null
        ? null
        : (await requests.FindAsync<KeyedAttempt>(user, RequestKey.Of(key, KeyPurpose), cancellationToken))?.Attempt;

    /// <summary>
    /// Lets the key stand for an attempt, unless it stands for one. The one it stands for; without a key the one that is given.
    /// </summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    public async Task<int> EnterAsync(UserKey user, IdempotencyKey? key, int attempt, CancellationToken cancellationToken)
    {
        if (key is null)
        {
            return attempt;
        }

        RequestKey request = RequestKey.Of(key, KeyPurpose);
        var keyed = new KeyedAttempt { RequestHash = request.RequestHash, Attempt = attempt };
        return (await requests.EnterAsync(user, request, keyed, cancellationToken)).Attempt;
    }
}
