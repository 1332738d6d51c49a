using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.Live;

/// <summary>Builds what a host knows of a session's live messages, and brings it up to date.</summary>
internal sealed class LiveViews(ManifestStore manifests, SegmentStore segments, HostCache memory)
{
    /// <summary>How often a read starts again because segments were switched away meanwhile.</summary>
    private const int MaxRestarts = 20;

    private static readonly TimeSpan s_unused = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A view on <paramref name="seen"/>, which was just read, or on what this host knows, in which appending to the last segment
    /// keeps the order of acknowledgement: every other segment is known to be sealed.
    /// </summary>
    /// <returns><see langword="null"/> where there is no session, or only its tombstone.</returns>
    public async Task<LiveView?> OpenAsync(
        SessionKey key, LiveView? known, StoredManifest? seen, Action<SessionMessage> found, CancellationToken cancellationToken)
    {
        bool isRead = seen is not null;
        StoredManifest? stored = seen ?? await manifests.GetKnownAsync(key, cancellationToken);
        for (int attempt = 0; ; attempt++)
        {
            if (stored is { Manifest.DeletedAt: not null } && !isRead)
            {
                // Another session of that id may have been created since.
                stored = await manifests.LoadAsync(key, cancellationToken);
            }

            if (stored is null || stored.Manifest.DeletedAt is not null)
            {
                return null;
            }

            if (known is not null && known.Stored.ETag == stored.ETag)
            {
                return known;
            }

            if (await TryBuildAsync(stored, known, found, cancellationToken) is { } view)
            {
                return view;
            }

            if (attempt >= MaxRestarts)
            {
                throw new ContentionException($"The segments of session '{key.Id}' changed {MaxRestarts} times while being read.");
            }

            stored = await manifests.LoadAsync(key, cancellationToken);
            isRead = true;
        }
    }

    /// <summary>
    /// Reads what others have appended to a segment. False: the segment is gone.
    /// </summary>
    public async Task<bool> TryReadTailAsync(SegmentView segment, Action<SessionMessage> found, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (BlobLine line in segments.ReadAsync(segment.Name, segment.Length, cancellationToken))
            {
                SessionMessage message = SessionMessage.Parse(line.Content);
                segment.Add(message, line.End);
                segment.WrittenAt = line.WrittenAt;
                found(message);
            }

            return true;
        }
        catch (BlobGoneException)
        {
            return false;
        }
    }

    /// <summary>
    /// Tells the views of this host what a step of a commit has read anyway: all of a segment. Saves reading it again.
    /// </summary>
    public void Learn(SegmentView complete)
    {
        // An empty one may be one that came back empty.
        if (complete.Length > 0)
        {
            memory.Set(
                ("segment", complete.Name),
                complete,
                HostCache.Sized(complete.Bytes, s_unused));
        }
    }

    /// <summary>Tells the views of this host that it has created a segment, so that no read is needed to know that it is empty.</summary>
    /// <remarks>Another host may have appended by then. An append at a place that is not the end is refused, and says so.</remarks>
    public void LearnCreated(string name) =>
        memory.Set(Created(name), true, HostCache.Sized(0, s_unused));

    /// <summary>The whole of a segment, where a step of a commit on this host has read it lately.</summary>
    public SegmentView? Learned(string name) => memory.Get<SegmentView>(("segment", name));

    private static (string Kind, string Name) Created(string name) => ("created", name);

    private async Task<LiveView?> TryBuildAsync(
        StoredManifest stored, LiveView? known, Action<SessionMessage> found, CancellationToken cancellationToken)
    {
        var views = new List<SegmentView>(stored.Manifest.Live.Count);
        for (int i = 0; i < stored.Manifest.Live.Count; i++)
        {
            SegmentReference reference = stored.Manifest.Live[i];
            bool last = i == stored.Manifest.Live.Count - 1;
            SegmentView view = known?.Segments.FirstOrDefault(s => s.Name == reference.Name)
                ?? Learned(reference.Name)
                ?? new SegmentView(reference);
            bool unread = view.Length == 0 && !memory.TryGetValue(Created(view.Name), out _);
            if (last
                ? unread && !await TryReadTailAsync(view, found, cancellationToken)
                : !await TryCompleteAsync(view, found, cancellationToken))
            {
                return null;
            }

            views.Add(view);
        }

        return new LiveView(stored, views);
    }

    // Once a cut or a roll has made the manifest go on to another segment, the segments before it must be sealed before
    // anything is acknowledged behind them: a slow host may still hold one of them for the last.
    private async Task<bool> TryCompleteAsync(SegmentView view, Action<SessionMessage> found, CancellationToken cancellationToken)
    {
        if (view.IsComplete)
        {
            return true;
        }

        if (!view.Reference.Immutable && !view.IsSealed)
        {
            if (!await segments.TrySealAsync(view.Name, cancellationToken))
            {
                return false;
            }

            view.IsSealed = true;
        }

        if (!await TryReadTailAsync(view, found, cancellationToken))
        {
            return false;
        }

        view.IsComplete = true;
        return true;
    }
}
