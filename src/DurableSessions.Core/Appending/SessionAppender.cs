using Azure;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Appending;

/// <summary>
/// The way of one session's appends through one host: requests that arrive together become one block (group commit), and
/// each is acknowledged only when it is stored, exactly once.
/// </summary>
/// <remarks>
/// <para>What a crash leaves: before the append request, nothing, and the client has no answer; inside or after it, the
/// block whole or not at all, and a client that repeats its idempotency key learns which.</para>
/// <para>Many lanes may serve one session, on many hosts: a block lands only at the position its lane has read up to.</para>
/// </remarks>
internal sealed class SessionAppender(
    SessionKey key, ManifestStore manifests, SegmentStore segments, SegmentRoller roller, LiveViews views, KeyedMessageLoader loader,
    SessionCreator creator, SessionOptions options, TimeProvider time)
{
    private const int MaxConflicts = 60;
    private const int MaxUnknownOutcomes = 3;

    private readonly AppendQueue _queue = new(key, options.MaxQueuedBytes);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CachedSession _known = new(key, manifests, views, loader, options.RepetitionWindow);

    /// <summary>Appends the messages of one request, creating the session where it does not exist.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="AppendTooLargeException">The lines have more than <see cref="MessageLimits.MaxAppendBytes"/>.</exception>
    /// <exception cref="SessionBusyException">Too much is waiting to be appended.</exception>
    public Task<AppendResult> AppendAsync(IReadOnlyList<NewMessage> messages, IdempotencyKey? idempotencyKey)
    {
        var append = new PendingAppend(messages, idempotencyKey, time.GetUtcNow(), byContent: options.RepetitionWindow > TimeSpan.Zero);
        if (append.Block.Length > MessageLimits.MaxAppendBytes)
        {
            throw new AppendTooLargeException();
        }

        if (_queue.Add(append))
        {
            _ = Task.Run(PumpAsync);
        }

        return append.Completion;
    }

    /// <summary>
    /// Looks at the live messages, while no append changes them. Unless <paramref name="fresh"/>, what this host knows will do.
    /// </summary>
    /// <returns><see langword="null"/> where there is no session.</returns>
    public async Task<(Manifest Manifest, T Seen)?> ReadViewAsync<T>(
        bool fresh, Func<LiveView, T> look, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            StoredManifest? seen = null;
            for (int attempt = 1; ; attempt++)
            {
                LiveView? view = await _known.OpenAsync(seen, cancellationToken);
                if (view is null)
                {
                    return null;
                }

                if (!fresh)
                {
                    return (view.Manifest, look(view));
                }

                // The segments first, and then the manifest: where it is still the same, none of them had gone when it was read, or had
                // come back empty.
                bool isThere = await views.TryReadTailAsync(view.Last, _known.Note, cancellationToken);
                seen = await manifests.LoadAsync(key, cancellationToken);
                if (isThere && seen?.ETag == view.Stored.ETag)
                {
                    return (view.Manifest, look(view));
                }

                if (!isThere)
                {
                    _known.Forget();
                }

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
        while (_queue.TakeGroup() is { Count: > 0 } group)
        {
            await _gate.WaitAsync();
            try
            {
                await AppendGroupAsync(group);
            }
            catch (Exception e)
            {
                _known.Forget();
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

    private async Task AppendGroupAsync(List<PendingAppend> group)
    {
        // Set while it is unknown whether the block was stored: until storage answers, it is sent to that position again, and to no
        // other, even where this host learns meanwhile that appends go on elsewhere.
        LiveView? unsure = null;
        int unknown = 0;
        StoredManifest? seen = null;
        for (int attempt = 1; group.Count > 0; attempt++)
        {
            if (attempt > MaxConflicts)
            {
                throw TooManyConflicts();
            }

            LiveView view = unsure ?? await _known.OpenAsync(seen, CancellationToken.None) ?? await CreateAsync();
            seen = null;
            if (unsure is null && !await _known.TryResolveAsync(group, view))
            {
                // A segment that this host still believes in has gone.
                _known.Forget();
                await Backoff.WaitAsync(attempt, time, CancellationToken.None);
                seen = await manifests.LoadAsync(key, CancellationToken.None);
                continue;
            }

            if (group.Count == 0)
            {
                return;
            }

            SegmentView last = view.Last;
            byte[] block = group.Count == 1 ? group[0].Block : PendingAppend.BlockOf([.. group.SelectMany(static a => a.Lines)]);
            try
            {
                (int blocks, last.WrittenAt) = await segments.AppendAsync(last.Reference, block, last.Length, CancellationToken.None);
                Acknowledge(group, view);
                if (blocks >= options.BlocksPerSegment)
                {
                    await roller.TryRollAsync(key, last.Name);
                }

                return;
            }
            catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsSealed() || e.IsFull())
            {
                // Another host has written here, sealed it, or filled it; or this one has, and the answer was lost. What this host does not
                // know of the segment says which: its own ids are in it, or they are not and never will be at that position.
                unsure = null;
                long known = last.Length;
                if (await FindInSegmentAsync(group, view) && (!e.IsConditionNotMet() || last.Length == known))
                {
                    await GoOnElsewhereAsync(group, view, isSealed: e.IsSealed());
                }
            }
            catch (RequestFailedException e) when (e.IsNotFound())
            {
                unsure = null;
                await FindInArchivesAsync(group, view);
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
            view.Last.Add([.. append.Lines.Select(static l => l.Shape)], append.Lines[^1].SaidAt, end);
            foreach (AppendLine line in append.Lines)
            {
                _known.Note(line.Id);
            }
        }

        LiveCounts counts = LiveCounts.Of(view);
        foreach (PendingAppend append in group)
        {
            append.Complete(counts);
        }
    }

    private async Task<bool> FindInSegmentAsync(List<PendingAppend> group, LiveView view)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        bool there = await views.TryReadTailAsync(
            view.Last,
            message =>
            {
                ids.Add(message.Id);
                _known.Note(message);
            },
            CancellationToken.None);
        CompleteFound(group, ids, view);
        if (!there)
        {
            await FindInArchivesAsync(group, view);
        }

        return there;
    }

    // The segment was archived, switched and deleted meanwhile. An append that storage did not answer is in the
    // archive that took the segment, or in what that commit retained.
    private async Task FindInArchivesAsync(List<PendingAppend> group, LiveView view)
    {
        var ids = group.Select(static a => a.FirstId).ToHashSet(StringComparer.Ordinal);
        for (int attempt = 1; attempt <= MaxConflicts; attempt++)
        {
            StoredManifest? now = await manifests.LoadAsync(key, CancellationToken.None);
            if (now is null || now.Manifest.DeletedAt is not null || now.Manifest.Incarnation != view.Manifest.Incarnation)
            {
                _known.Forget();
                return;
            }

            if (now.Manifest.Live.All(s => s.Name != view.Last.Name)
                && await loader.TryLocateAsync(key, view.Manifest, now, ids, CancellationToken.None) is { } found)
            {
                CompleteFound(group, found, view);
                _known.Forget();
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

    // The segment is sealed or full, or has refused a block without having more in it than this host knows. The manifest tells where
    // appends go on; and whether it was the segment that was just read, or one that came back empty once that was switched and deleted.
    private async Task GoOnElsewhereAsync(List<PendingAppend> group, LiveView view, bool isSealed)
    {
        StoredManifest? stored = await manifests.LoadAsync(key, CancellationToken.None);
        if (stored is null || !stored.Manifest.Keeps(view.Last.Name))
        {
            await FindInArchivesAsync(group, view);
            return;
        }

        if (isSealed)
        {
            view.Last.IsSealed = true;
            view.Last.IsComplete = true;
            views.Learn(view.Last);
        }

        if (stored.ETag == view.Stored.ETag)
        {
            // No manifest has gone on: no host leaves a segment so, and it must not stop appends for ever.
            await roller.TryRollAsync(key, view.Last.Name);
        }
    }

    private async Task<LiveView> CreateAsync()
    {
        await creator.EnsureAsync(key, CancellationToken.None);
        return await _known.OpenAsync(seen: null, CancellationToken.None) ?? throw new SessionNotFoundException(key);
    }

    private ContentionException TooManyConflicts() =>
        new($"Session '{key.Session}' was changed by others {MaxConflicts} times in a row while messages were appended.");
}
