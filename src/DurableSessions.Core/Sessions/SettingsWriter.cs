using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Sessions;

/// <summary>Changes the parts of a manifest that belong to its user.</summary>
/// <remarks>
/// Appends ask nobody for the manifest: a host that only appends would never see a change. So a change of settings also goes on
/// to a fresh segment, and seals the one before: the next append of every host meets the seal, and reads the manifest. A
/// crash before the swap leaves an empty segment that nobody names; between swap and seal, the next host that opens the session
/// seals.
/// </remarks>
internal sealed class SettingsWriter(ManifestStore manifests, SegmentStore segments, LiveViews views)
{
    private const int MaxAttempts = 40;
    private const int MaxCountedBy = 64;

    public async Task<SessionSettings> ConfigureAsync(
        SessionKey key, Func<SessionSettings, SessionSettings> change, CancellationToken cancellationToken)
    {
        Manifest before = await manifests.LoadLiveAsync(key, cancellationToken);
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            (SegmentReference fresh, Manifest now) = await TryConfigureAsync(key, before, change, cancellationToken);
            if (now.Last.Name == fresh.Name)
            {
                await LeaveOldAsync(key, now, cancellationToken);
            }

            // Where others have gone on from it, they have sealed what came before. Where they have taken it meanwhile, the manifest does not
            // say whether the change was applied: it is applied once more, also over a later one.
            if (now.Keeps(fresh.Name))
            {
                return now.Settings;
            }
        }

        throw new ContentionException($"Segments of session '{key.Session}' were added by others {MaxAttempts} times in a row.");
    }

    // Each attempt has a segment of its own, and its number is still the next one: a swap that was applied, although its answer was
    // lost, is not repeated once others have gone on from it. A commit may have taken its segment by then, and deletes it.
    private async Task<(SegmentReference Fresh, Manifest Now)> TryConfigureAsync(
        SessionKey key, Manifest before, Func<SessionSettings, SessionSettings> change, CancellationToken cancellationToken)
    {
        Manifest known = EnsureOf(key, before, (await manifests.GetKnownAsync(key, cancellationToken))?.Manifest);
        SegmentReference fresh = await segments.CreateAsync(key, known.Incarnation, known.NextSegment, cancellationToken);
        views.LearnCreated(fresh.Name);
        StoredManifest swapped = await manifests.SwapAsync(
            key,
            m => EnsureOf(key, before, m).NextSegment != known.NextSegment
                ? null
                : m.WithSegment(fresh) with { Settings = change(m.Settings) },
            cancellationToken);
        return (fresh, swapped.Manifest);
    }

    private async Task LeaveOldAsync(SessionKey key, Manifest swapped, CancellationToken cancellationToken)
    {
        foreach (SegmentReference segment in swapped.Live.SkipLast(1).Where(static s => !s.Frozen))
        {
            await segments.TrySealAsync(segment.Name, cancellationToken);
        }

        await DropEmptyAsync(key, swapped, cancellationToken);
    }

    // Sealed and empty: nothing is in it, and never will be. Settings that change often do not fill the manifest. While a
    // commit cuts, its segments are left to it.
    private async Task DropEmptyAsync(SessionKey key, Manifest swapped, CancellationToken cancellationToken)
    {
        string replaced = swapped.Live[^2].Name;
        if (swapped.Live[^2].Frozen || await segments.FindWrittenAsync(replaced, cancellationToken) is not null)
        {
            return;
        }

        StoredManifest dropped = await manifests.SwapAsync(
            key,
            m => m.Cutting is not null || m.DeletedAt is not null || m.Last.Name == replaced || m.Live.All(s => s.Name != replaced)
                ? null
                : m with { Live = [.. m.Live.Where(s => s.Name != replaced)] },
            cancellationToken);
        if (!dropped.Manifest.Keeps(replaced))
        {
            await segments.DeleteAsync(replaced, cancellationToken);
        }
    }

    public async Task<(long Contexts, long Skills)> CountUsedAsync(
        SessionKey key, int contexts, int skills, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken)
    {
        RequestKey? request = idempotencyKey is null ? null : new RequestKey(idempotencyKey.Hash("used"), idempotencyKey.RequestHash);
        Manifest before = await manifests.LoadLiveAsync(key, cancellationToken);
        StoredManifest swapped = await manifests.SwapAsync(
            key,
            m => IsCounted(EnsureOf(key, before, m), request)
                ? null
                : m with
                {
                    ContextsUsed = m.ContextsUsed + contexts,
                    SkillsUsed = m.SkillsUsed + skills,
                    CountedBy = request is null ? m.CountedBy : [.. m.CountedBy.TakeLast(MaxCountedBy - 1), request],
                },
            cancellationToken);
        return (swapped.Manifest.ContextsUsed, swapped.Manifest.SkillsUsed);
    }

    private static Manifest EnsureOf(SessionKey key, Manifest before, Manifest? now) =>
        now is { DeletedAt: null } && now.Incarnation == before.Incarnation ? now : throw new SessionNotFoundException(key);

    private static bool IsCounted(Manifest manifest, RequestKey? request) =>
        manifest.CountedBy.FirstOrDefault(r => r.KeyHash == request?.KeyHash) is { } counted
        && (counted == request ? true : throw new IdempotencyKeyReusedException());
}
