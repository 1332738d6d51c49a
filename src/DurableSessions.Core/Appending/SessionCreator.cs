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
    ManifestStore manifests, SegmentStore segments, LiveViews views, AccountUsages usages, SessionOptions options,
    TimeProvider time)
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
}
