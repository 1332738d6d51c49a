using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Appending;

/// <summary>
/// What one appender knows of its session: the live messages, and the ids that are derived. Storage overrules it at any time, and each
/// appender of each host has its own.
/// </summary>
internal sealed class CachedSession(
    SessionKey key, ManifestStore manifests, LiveViews views, KeyedMessageLoader loader, TimeSpan repetitionWindow)
{
    private LiveView? _view;
    private KeyedMessages? _keyed;

    // Not null: another host has gone on since, and what is known of derived ids is all there was as of this manifest. What came since is
    // live, or in an archive with a number that this manifest had not given out.
    private Manifest? _keyedAsOf;

    /// <summary>What it takes in memory, estimated.</summary>
    public long Bytes => (_keyed?.Bytes ?? 0) + (_view?.Segments.Sum(static s => s.Bytes) ?? 0);

    /// <summary>Brings the view up to date: see <see cref="LiveViews.OpenAsync"/>.</summary>
    /// <returns><see langword="null"/> where there is no session.</returns>
    public async Task<LiveView?> OpenAsync(StoredManifest? seen, CancellationToken cancellationToken)
    {
        LiveView? before = _view;
        bool wasComplete = before is { Segments: [.., { IsComplete: true }] };
        _view = await views.OpenAsync(key, before, seen, Add, cancellationToken);
        if (_keyed is not null && !ReferenceEquals(before, _view))
        {
            // Also where the question fails.
            bool wasUpToDate = _keyedAsOf is null;
            FallBehind(before);
            if (wasUpToDate && await IsKnownToTheEndAsync(before, wasComplete, _view, cancellationToken))
            {
                _keyedAsOf = null;
            }
        }

        return _view;
    }

    /// <summary>
    /// Answers the requests of a group that are repetitions, and takes them out of it; of those that are in part, leaves that part out.
    /// False: segments have gone while they were read; open the view again.
    /// </summary>
    public async Task<bool> TryResolveAsync(List<PendingAppend> group, LiveView view)
    {
        if (!group.Exists(static a => a.MayBeRepetition))
        {
            return true;
        }

        if (_keyed is null or { IsTooLarge: true } || _keyedAsOf is not null)
        {
            KeyedMessages? known = _keyed is { IsTooLarge: false } && _keyedAsOf?.Incarnation == view.Manifest.Incarnation ? _keyed : null;
            if (await loader.TryLoadAsync(key, view, known, _keyedAsOf?.ArchiveCount ?? 0, CancellationToken.None) is not { } loaded)
            {
                return false;
            }

            _keyed = loaded;
            _keyedAsOf = null;
        }

        foreach (PendingAppend append in group.Where(static a => a.MayBeRepetition).ToList())
        {
            try
            {
                if (IsStored(append, _keyed))
                {
                    append.Complete(LiveCounts.Of(view));
                    group.Remove(append);
                }
            }
            catch (IdempotencyKeyReusedException e)
            {
                append.Fail(e);
                group.Remove(append);
            }
        }

        return true;
    }

    /// <summary>A message was found in storage.</summary>
    public void Add(SessionMessage message) => _keyed?.Add(message);

    /// <summary>This appender has stored a message.</summary>
    public void Add(MessageId id) => _keyed?.Add(id);

    /// <summary>
    /// What is live is read from storage the next time, and of what is archived that which came since this appender's last look.
    /// </summary>
    public void Invalidate()
    {
        FallBehind(_view);
        _view = null;
    }

    private void FallBehind(LiveView? last)
    {
        _keyedAsOf = _keyed is null ? null : _keyedAsOf ?? last?.Manifest;
        if (_keyedAsOf is null)
        {
            _keyed = null;
        }
    }

    private bool IsStored(PendingAppend append, KeyedMessages known)
    {
        if (append.HasKey)
        {
            return known.Contains(append.Request[0].Id);
        }

        append.LeaveOut(Repetitions.Find(append.Request, known, repetitionWindow));
        return append.Lines.Count == 0;
    }

    // Whether this host has seen every message that was appended between two views, so that no keyed one was missed: no
    // segment came and went unseen, and those that went had been read to their end. To that end they are read when another comes after
    // them; if the manifest is still the same then, they were there, and had not come back empty.
    private async Task<bool> IsKnownToTheEndAsync(LiveView? before, bool wasComplete, LiveView? now, CancellationToken cancellationToken)
    {
        if (before is null || now is null || before.Manifest.Incarnation != now.Manifest.Incarnation)
        {
            return false;
        }

        List<SegmentView> came = [.. now.Segments.Where(s => !before.Segments.Contains(s) && !s.Reference.Immutable)];
        return came.Count == now.Manifest.NextSegment - before.Manifest.NextSegment
            && came.All(static s => s.Length == 0)
            && before.Segments.Where(s => !now.Segments.Contains(s)).All(s => s.IsComplete || views.Learned(s.Name)?.Length == s.Length)
            && (wasComplete || !before.Last.IsComplete || await manifests.IsNewestAsync(key, now.Stored, cancellationToken));
    }
}
