using Azure;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Sessions;

/// <summary>
/// The way of one session's appends through one host: requests that arrive together become one block (group commit), and
/// each is acknowledged only when it is stored, exactly once.
/// </summary>
/// <remarks>
/// <para>What a crash leaves: before the append request, nothing, and the client has no answer; inside or after it, the
/// block whole or not at all, and a client that repeats its idempotency key is told which.</para>
/// <para>Many lanes may serve one session, on many hosts: a block lands only at the position its lane has read up to.</para>
/// </remarks>
internal sealed class SessionLane(
    SessionKey key, ManifestStore manifests, SegmentStore segments, LiveViews views, KeyedMessageLoader loader,
    SessionCreator creator, SessionOptions options, TimeProvider time)
{
    private const int MaxGroupRequests = 256;
    private const int MaxGroupBytes = 4 * 1024 * 1024;
    private const int MaxConflicts = 60;
    private const int MaxUnknownOutcomes = 3;

    private readonly Lock _queueLock = new();
    private readonly LinkedList<PendingAppend> _queue = [];
    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _queuedBytes;
    private bool _pumping;
    private LiveView? _view;
    private KeyedMessages? _keyed;

    /// <summary>Appends the messages of one request, creating the session where there is none.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="SessionBusyException">Too much is waiting to be appended.</exception>
    public Task<AppendResult> AppendAsync(IReadOnlyList<NewMessage> messages, IdempotencyKey? idempotencyKey)
    {
        var append = new PendingAppend(messages, idempotencyKey, time.GetUtcNow());
        lock (_queueLock)
        {
            if (_queuedBytes + append.Block.Length > options.MaxQueuedBytes)
            {
                throw new SessionBusyException($"More than {options.MaxQueuedBytes} bytes of session '{key.Session}' wait to be appended; try again.");
            }

            _queuedBytes += append.Block.Length;
            _queue.AddLast(append);
            if (!_pumping)
            {
                _pumping = true;
                _ = Task.Run(PumpAsync);
            }
        }

        return append.Completion;
    }

    /// <summary>Counts the live messages. Unless <paramref name="fresh"/>, what this host knows will do.</summary>
    /// <returns><see langword="null"/> where there is no session.</returns>
    public async Task<(Manifest Manifest, LiveCounts Counts)?> CountAsync(bool fresh, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                LiveView? view = await OpenAsync(fresh || attempt > 1, cancellationToken);
                if (view is null)
                {
                    return null;
                }

                if (!fresh || await views.TryReadTailAsync(view.Last, Note, cancellationToken))
                {
                    return (view.Manifest, LiveCounts.Of(view));
                }

                ForgetView();
                if (attempt >= MaxConflicts)
                {
                    throw TooManyConflicts();
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task PumpAsync()
    {
        while (TakeGroup() is { Count: > 0 } group)
        {
            await _gate.WaitAsync();
            try
            {
                await AppendGroupAsync(group);
            }
            catch (Exception e)
            {
                ForgetView();
                foreach (PendingAppend append in group)
                {
                    append.Fail(e);
                }
            }
            finally
            {
                _gate.Release();
            }
        }
    }

    private List<PendingAppend> TakeGroup()
    {
        var group = new List<PendingAppend>();
        var keys = new HashSet<ulong>();
        long bytes = 0;
        lock (_queueLock)
        {
            while (_queue.First?.Value is { } next && group.Count < MaxGroupRequests)
            {
                // A key that comes twice at once: the second waits until the first is known to be stored.
                bool fits = group.Count == 0 || bytes + next.Block.Length <= MaxGroupBytes;
                if (!fits || (next.IsKeyed && !keys.Add(next.Ids[0].High)))
                {
                    break;
                }

                _queue.RemoveFirst();
                _queuedBytes -= next.Block.Length;
                bytes += next.Block.Length;
                group.Add(next);
            }

            _pumping = group.Count > 0;
        }

        return group;
    }

    private async Task AppendGroupAsync(List<PendingAppend> group)
    {
        // Set while nobody has said whether the block was stored: until storage says, it is sent to that place again, and to no
        // other, whatever this host learns of the session meanwhile.
        LiveView? unsure = null;
        int unknown = 0;
        bool fresh = false;
        for (int attempt = 1; group.Count > 0; attempt++)
        {
            if (attempt > MaxConflicts)
            {
                throw TooManyConflicts();
            }

            LiveView view = unsure ?? await OpenAsync(fresh, CancellationToken.None) ?? await CreateAsync();
            fresh = false;
            if (unsure is null && group.Exists(static a => a.IsKeyed) && !await TryResolveKeyedAsync(group, view))
            {
                // A segment that this host still believes in has gone.
                ForgetView();
                fresh = true;
                await Backoff.WaitAsync(attempt, time, CancellationToken.None);
                continue;
            }

            if (group.Count == 0)
            {
                return;
            }

            SegmentView last = view.Last;
            byte[] block = group.Count == 1 ? group[0].Block : [.. group.SelectMany(static a => a.Block)];
            try
            {
                int blocks = await segments.AppendAsync(last.Name, block, last.Length, CancellationToken.None);
                Acknowledge(group, view);
                if (blocks >= options.BlocksPerSegment)
                {
                    await TryRollAsync(last.Name);
                }

                return;
            }
            catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsSealed())
            {
                // Somebody else has written here, or sealed it; or we have, and the answer was lost. What we do not know of
                // the segment says which: our own ids are in it, or they are not and never will be at that position.
                unsure = null;
                await FindInSegmentAsync(group, view, isFinal: e.IsSealed());
                if (e.IsSealed())
                {
                    await RefreshAsync(view);
                }
            }
            catch (RequestFailedException e) when (e.IsNotFound())
            {
                unsure = null;
                await FindInArchivesAsync(group, view);
            }
            catch (RequestFailedException e) when (e.IsFull())
            {
                unsure = null;
                await FindInSegmentAsync(group, view, isFinal: false);
                await TryRollAsync(last.Name);
            }
            catch (Exception e) when (StorageErrors.IsUnknownOutcome(e) && ++unknown < MaxUnknownOutcomes)
            {
                // Sent again at the same position: where it was applied after all, that is refused, and we look.
                unsure = view;
            }

            await Backoff.WaitAsync(attempt, time, CancellationToken.None);
        }
    }

    private void Acknowledge(List<PendingAppend> group, LiveView view)
    {
        long end = view.Last.Length;
        foreach (PendingAppend append in group)
        {
            end += append.Block.Length;
            view.Last.Add(append.Tokens, append.LastMessageAt, end);
            foreach (MessageId id in append.Ids)
            {
                _keyed?.Add(id);
            }
        }

        LiveCounts counts = LiveCounts.Of(view);
        foreach (PendingAppend append in group)
        {
            append.Complete(counts);
        }
    }

    private async Task FindInSegmentAsync(List<PendingAppend> group, LiveView view, bool isFinal)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        bool there = await views.TryReadTailAsync(
            view.Last,
            message =>
            {
                ids.Add(message.Id);
                Note(message);
            },
            CancellationToken.None);
        CompleteFound(group, ids, view);
        if (!there)
        {
            await FindInArchivesAsync(group, view);
        }
        else if (isFinal)
        {
            view.Last.IsSealed = true;
            view.Last.IsComplete = true;
            views.Learn(view.Last);
        }
    }

    // The segment was archived, switched and deleted meanwhile. What became of an append nobody answered for is in the
    // archive that took the segment, or in what that commit retained.
    private async Task FindInArchivesAsync(List<PendingAppend> group, LiveView view)
    {
        var ids = group.Select(static a => a.FirstId).ToHashSet(StringComparer.Ordinal);
        for (int attempt = 1; attempt <= MaxConflicts; attempt++)
        {
            StoredManifest? now = await manifests.LoadAsync(key, CancellationToken.None);
            if (now is null || now.Manifest.DeletedAt is not null || now.Manifest.Incarnation != view.Manifest.Incarnation)
            {
                ForgetView();
                return;
            }

            if (now.Manifest.Live.All(s => s.Name != view.Last.Name)
                && await loader.TryLocateAsync(key, view.Manifest, now.Manifest, ids, CancellationToken.None) is { } found)
            {
                CompleteFound(group, found, view);
                ForgetView();
                return;
            }

            await Backoff.WaitAsync(attempt, time, CancellationToken.None);
        }

        throw TooManyConflicts();
    }

    private static void CompleteFound(List<PendingAppend> group, HashSet<string> ids, LiveView view)
    {
        foreach (PendingAppend append in group.Where(a => ids.Contains(a.FirstId)).ToList())
        {
            append.Complete(LiveCounts.Of(view));
            group.Remove(append);
        }
    }

    // False: segments have gone while they were read.
    private async Task<bool> TryResolveKeyedAsync(List<PendingAppend> group, LiveView view)
    {
        if (_keyed is null || _keyed.IsTooLarge)
        {
            _keyed = await loader.TryLoadAsync(key, view, CancellationToken.None);
            if (_keyed is null)
            {
                return false;
            }
        }

        foreach (PendingAppend append in group.Where(static a => a.IsKeyed).ToList())
        {
            try
            {
                if (_keyed.Contains(append.Ids[0]))
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

    private async Task<LiveView?> OpenAsync(bool fresh, CancellationToken cancellationToken)
    {
        LiveView? before = _view;
        _view = await views.OpenAsync(key, before, fresh, Note, cancellationToken);
        if (!ReferenceEquals(before, _view) && !IsKnownToTheEnd(before, _view))
        {
            _keyed = null;
        }

        return _view;
    }

    private void Note(SessionMessage message) => _keyed?.Add(message);

    // Whether this host has seen every message that was appended between two views, so that no keyed one was missed: no
    // segment came and went unseen, and those that went had been read to their end.
    private bool IsKnownToTheEnd(LiveView? before, LiveView? now)
    {
        if (before is null || now is null || before.Manifest.Incarnation != now.Manifest.Incarnation)
        {
            return false;
        }

        List<SegmentView> came = [.. now.Segments.Where(s => !before.Segments.Contains(s) && !s.Reference.Frozen)];
        return came.Count == now.Manifest.NextSegment - before.Manifest.NextSegment
            && came.All(static s => s.Length == 0)
            && before.Segments.Where(s => !now.Segments.Contains(s)).All(s => s.IsComplete || views.Learned(s.Name)?.Length == s.Length);
    }

    private async Task RefreshAsync(LiveView view)
    {
        StoredManifest? stored = await manifests.LoadAsync(key, CancellationToken.None);
        if (stored is not null && stored.ETag == view.Stored.ETag)
        {
            // Sealed although no manifest has gone on: nobody of ours does that, and it must not stop appends for ever.
            await TryRollAsync(view.Last.Name);
        }
    }

    private async Task<LiveView> CreateAsync()
    {
        await creator.EnsureAsync(key, CancellationToken.None);
        return await OpenAsync(fresh: false, CancellationToken.None) ?? throw new SessionNotFoundException(key);
    }

    // Appends go on in a new segment. Nothing is acknowledged there before the old one is sealed: whoever opens a view sees to it.
    private async Task TryRollAsync(string full)
    {
        try
        {
            StoredManifest? known = await manifests.GetKnownAsync(key, CancellationToken.None);
            if (known is null || known.Manifest.Last.Name != full || known.Manifest.DeletedAt is not null)
            {
                return;
            }

            string fresh = await segments.CreateAsync(key, known.Manifest.Incarnation, known.Manifest.NextSegment, CancellationToken.None);
            views.LearnCreated(fresh);
            await manifests.SwapAsync(
                key,
                known,
                // Its number is still the next one: an audit that takes the segment for an orphan first gives the number away.
                m => m.Last.Name != full || m.DeletedAt is not null || m.NextSegment != known.Manifest.NextSegment
                    ? null
                    : m with { Live = [.. m.Live, new SegmentReference(fresh)], NextSegment = m.NextSegment + 1 },
                CancellationToken.None);
        }
        catch (Exception e) when (e is RequestFailedException or ContentionException or SessionNotFoundException || StorageErrors.IsUnknownOutcome(e))
        {
            // The messages are stored; the next append rolls. What was created may be named by now, so it is left alone.
        }
    }

    private void ForgetView()
    {
        _view = null;
        _keyed = null;
    }

    private ContentionException TooManyConflicts() =>
        new($"Session '{key.Session}' was changed by others {MaxConflicts} times in a row while messages were appended.");
}
