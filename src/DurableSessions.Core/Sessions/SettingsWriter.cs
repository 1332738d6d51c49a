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
    private const int MaxCountedBy = 64;

    public async Task<SessionSettings> ConfigureAsync(
        SessionKey key, Func<SessionSettings, SessionSettings> change, CancellationToken cancellationToken)
    {
        Manifest before = await manifests.LoadLiveAsync(key, cancellationToken);
        string fresh = await segments.CreateAsync(key, before.Incarnation, before.NextSegment, cancellationToken);
        views.LearnCreated(fresh);
        StoredManifest swapped = await manifests.SwapAsync(
            key,
            m => m.DeletedAt is not null || m.Incarnation != before.Incarnation
                ? throw new SessionNotFoundException(key)
                : m with
                {
                    Settings = change(m.Settings),
                    Live = [.. m.Live, new SegmentReference(fresh)],
                    NextSegment = m.NextSegment + 1,
                },
            cancellationToken);
        foreach (SegmentReference segment in swapped.Manifest.Live.SkipLast(1).Where(static s => !s.Frozen))
        {
            await segments.TrySealAsync(segment.Name, cancellationToken);
        }

        await DropEmptyAsync(key, swapped.Manifest, cancellationToken);
        return swapped.Manifest.Settings;
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
        if (dropped.Manifest.Live.All(s => s.Name != replaced) && dropped.Manifest.Pending.All(p => !p.Segments.Contains(replaced)))
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
            m => m.DeletedAt is not null || m.Incarnation != before.Incarnation
                ? throw new SessionNotFoundException(key)
                : IsCounted(m, request)
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

    private static bool IsCounted(Manifest manifest, RequestKey? request) =>
        manifest.CountedBy.FirstOrDefault(r => r.KeyHash == request?.KeyHash) is { } counted
        && (counted == request ? true : throw new IdempotencyKeyReusedException());
}
