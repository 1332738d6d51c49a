using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Appending;

/// <summary>
/// Creates sessions: first a segment, then the manifest that names it. A crash between leaves an empty segment that no
/// manifest names. Where the outcome is unknown, the next attempt has an incarnation and a segment of its own, and the manifest tells
/// which attempt made it.
/// </summary>
internal sealed class SessionCreator(
    SessionStorage storage, ManifestStore manifests, SegmentStore segments, LiveViews views, AccountUsages usages,
    SessionOptions options, TimeProvider time)
{
    private const int MaxAttempts = 5;

    /// <summary>
    /// Creates the session. The request that <paramref name="createdBy"/> names creates it once, and gets the same answer each time.
    /// </summary>
    /// <exception cref="SessionExistsException">It exists, made by another request.</exception>
    /// <exception cref="IdempotencyKeyReusedException">The key made it, with another request.</exception>
    /// <exception cref="QuotaExceededException">The account has as many as it may have.</exception>
    public async Task<Manifest> CreateAsync(
        SessionKey key, SessionSettings settings, RequestKey? createdBy, CancellationToken cancellationToken) =>
        await TryCreateAsync(key, settings, createdBy, mayExist: false, cancellationToken);

    /// <summary>Creates the session, with the settings of which its user has said nothing, unless it exists.</summary>
    /// <exception cref="QuotaExceededException">It does not, and the account has as many as it may have.</exception>
    public async Task<Manifest> EnsureAsync(SessionKey key, CancellationToken cancellationToken) =>
        await TryCreateAsync(key, options.InitialSettings, createdBy: null, mayExist: true, cancellationToken);

    /// <summary>
    /// The id of the session that a request creates which says none: the first to write it down says which one it is. A crash after that
    /// leaves an id that the repetition takes. Where the account has no room for a session, nothing is written; of requests that come
    /// at the same time each may write an id before the first of them takes the room.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="createdBy">The request.</param>
    /// <param name="newId">The id, where the request comes for the first time.</param>
    /// <param name="cancellationToken">Stops waiting; the id may be written or not.</param>
    /// <exception cref="IdempotencyKeyReusedException">The key stands for the session of another request.</exception>
    /// <exception cref="QuotaExceededException">It comes for the first time, and the account has as many as it may have.</exception>
    public async Task<string> NameAsync(UserKey user, RequestKey createdBy, string newId, CancellationToken cancellationToken)
    {
        string blob = BlobNames.Creation(user, createdBy.KeyHash);
        Creation? creation = null;
        if (usages.HasSessionQuota)
        {
            creation = await storage.Container.FindAsync<Creation>(blob, cancellationToken);
            if (creation is null)
            {
                (await usages.ReserveSessionAsync(user.Account, cancellationToken))?.Dispose();
            }
        }

        creation ??= await storage.Container.WriteOnceAsync(blob, new Creation(newId, createdBy.RequestHash), cancellationToken);
        return creation.RequestHash == createdBy.RequestHash ? creation.SessionId : throw new IdempotencyKeyReusedException();
    }

    private async Task<Manifest> TryCreateAsync(
        SessionKey key, SessionSettings settings, RequestKey? createdBy, bool mayExist, CancellationToken cancellationToken)
    {
        var ours = new HashSet<string>(StringComparer.Ordinal);
        for (int attempt = 1; ; attempt++)
        {
            StoredManifest? there = await manifests.LoadAsync(key, cancellationToken);
            if (createdBy is not null && there?.Manifest.CreatedBy?.KeyHash == createdBy.KeyHash)
            {
                // This request has made it before; also where it has been deleted since.
                return there.Manifest.CreatedBy == createdBy ? there.Manifest : throw new IdempotencyKeyReusedException();
            }

            if (there is { Manifest.DeletedAt: null })
            {
                return mayExist || ours.Contains(there.Manifest.Incarnation) ? there.Manifest : throw new SessionExistsException(key);
            }

            if (attempt > MaxAttempts)
            {
                throw new ContentionException($"Session '{key.Id}' was created and deleted by others {MaxAttempts} times in a row.");
            }

            using Reservation? reserved = await usages.ReserveSessionAsync(key.Account, cancellationToken);
            var creation = new SessionCreation(Guid.NewGuid().ToString("N")[..12], settings, createdBy);
            FreshSegment first = await segments.CreateAsync(key, creation.Incarnation, number: 1, cancellationToken);
            views.LearnCreated(first.Name);
            ours.Add(creation.Incarnation);
            try
            {
                StoredManifest? created = there is null
                    ? await manifests.TryCreateAsync(key, Transitions.Create(key, creation, first, time.GetUtcNow()), cancellationToken)
                    : await manifests.TryApplyAsync(
                        key, there, m => Transitions.CreateAgain(m, key, creation, first, time.GetUtcNow()), cancellationToken);
                if (created is not null)
                {
                    return created.Manifest;
                }
            }
            catch (Exception e) when (
                StorageErrors.IsUnknownOutcome(e) && attempt < MaxAttempts && !cancellationToken.IsCancellationRequested)
            {
                await Backoff.WaitAsync(attempt, time, cancellationToken);
            }
        }
    }

    /// <summary>The id that a key stands for: written once, so that a repetition creates no other session.</summary>
    private sealed record Creation(string SessionId, string RequestHash);
}
