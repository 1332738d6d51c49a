using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Live;

/// <summary>Changes the parts of a manifest that belong to its user.</summary>
/// <remarks>
/// Appends do not read the manifest: a host that only appends would never see a change. So a change of settings also goes on
/// to a fresh segment, and seals the one before: the next append of every host meets the seal, and reads the manifest. A
/// crash before the swap leaves an empty segment that no manifest names; between swap and seal, the next host that opens the session
/// seals.
/// </remarks>
internal sealed class SettingsWriter(ManifestStore manifests, SegmentStore segments, LiveViews views)
{
    private const int MaxAttempts = 40;

    public async Task<SessionSettings> ConfigureAsync(
        SessionKey key, Func<SessionSettings, SessionSettings> change, CancellationToken cancellationToken)
    {
        Manifest before = await manifests.LoadLiveAsync(key, cancellationToken);
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            (FreshSegment fresh, Manifest now) = await TryConfigureAsync(key, before, change, cancellationToken);
            if (now.Last.Name == fresh.Name)
            {
                await LeaveOldAsync(key, now, cancellationToken);
            }

            // Where others have gone on from it, they have sealed what came before. Where they have taken it meanwhile, the manifest does
            // not say whether the change was applied: it is applied once more, also over a later one.
            if (now.Keeps(fresh.Name))
            {
                return now.Settings;
            }
        }

        throw new ContentionException($"Segments of session '{key.Id}' were added by others {MaxAttempts} times in a row.");
    }

    // Each attempt has a segment of its own. A commit may have consumed it by the time an answer comes, and deletes it.
    private async Task<(FreshSegment Fresh, Manifest Now)> TryConfigureAsync(
        SessionKey key, Manifest before, Func<SessionSettings, SessionSettings> change, CancellationToken cancellationToken)
    {
        StoredManifest known = await manifests.GetKnownAsync(key, cancellationToken) is { Manifest: { DeletedAt: null } seen } stored
            && seen.Incarnation == before.Incarnation
            ? stored
            : throw new SessionNotFoundException(key);
        FreshSegment fresh = await segments.CreateAsync(key, before.Incarnation, known.Manifest.NextSegment, cancellationToken);
        views.LearnCreated(fresh.Name);
        StoredManifest applied = await manifests.ApplyAsync(
            key, m => Transitions.Configure(m, before.Incarnation, change, fresh), cancellationToken)
            ?? throw new SessionNotFoundException(key);
        return (fresh, applied.Manifest);
    }

    private async Task LeaveOldAsync(SessionKey key, Manifest swapped, CancellationToken cancellationToken)
    {
        foreach (SegmentReference segment in swapped.Live.SkipLast(1).Where(static s => !s.Immutable))
        {
            await segments.TrySealAsync(segment.Name, cancellationToken);
        }

        await DropEmptyAsync(key, swapped, cancellationToken);
    }

    // Sealed and empty: nothing is in it, and never will be. Settings that change often do not fill the manifest. While a
    // commit cuts, its segments are left to it. Where the answer of the swap was lost, one may have cleared all before the fresh segment.
    private async Task DropEmptyAsync(SessionKey key, Manifest swapped, CancellationToken cancellationToken)
    {
        if (!swapped.FollowsAppended)
        {
            return;
        }

        string replaced = swapped.Live[^2].Name;
        if (await segments.FindWrittenAsync(replaced, cancellationToken) is not null)
        {
            return;
        }

        StoredManifest? dropped = await manifests.ApplyAsync(
            key, m => Transitions.DropEmptySegment(m, swapped.Incarnation, replaced), cancellationToken);
        if (dropped?.Manifest.Keeps(replaced) == false)
        {
            await segments.DeleteAsync(replaced, cancellationToken);
        }
    }

    public async Task<(long Contexts, long Skills)> CountUsedAsync(
        SessionKey key, int contexts, int skills, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken)
    {
        RequestKey? request = idempotencyKey is null ? null : new RequestKey(idempotencyKey.Hash("used"), idempotencyKey.RequestHash);
        Manifest before = await manifests.LoadLiveAsync(key, cancellationToken);
        StoredManifest counted = await manifests.ApplyAsync(
            key, m => Transitions.CountUsed(m, before.Incarnation, contexts, skills, request), cancellationToken)
            ?? throw new SessionNotFoundException(key);
        return (counted.Manifest.ContextsUsed, counted.Manifest.SkillsUsed);
    }
}
