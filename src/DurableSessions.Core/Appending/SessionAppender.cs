using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Appending;

/// <summary>
/// Appends to one session on one host: requests that arrive together become one block (group commit), and each is acknowledged only
/// when it is stored, exactly once.
/// </summary>
/// <remarks>
/// <para>What a crash leaves: before the append request, nothing, and the client has no answer; inside or after it, the
/// block whole or not at all, and a client that repeats its idempotency key learns which.</para>
/// <para>Many appenders may serve one session, on many hosts: a block lands only at the position that its appender has read up to.</para>
/// </remarks>
internal sealed class SessionAppender
{
    private readonly SessionKey _key;
    private readonly ManifestStore _manifests;
    private readonly LiveViews _views;
    private readonly AccountUsages _usages;
    private readonly SessionOptions _options;
    private readonly TimeProvider _time;
    private readonly AppendQueue _queue;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CachedSession _session;
    private readonly ReportedSize _size;
    private readonly GroupAppender _groups;

    public SessionAppender(
        SessionKey key, CachedSession session, ReportedSize size, ManifestStore manifests, SegmentStore segments, SegmentRoller roller,
        LiveViews views, KeyedMessageLoader loader, SessionCreator creator, AccountUsages usages, SessionOptions options,
        TimeProvider time)
    {
        _key = key;
        _manifests = manifests;
        _views = views;
        _usages = usages;
        _options = options;
        _time = time;
        _queue = new AppendQueue(key, options.MaxQueuedBytes);
        _session = session;
        _size = size;
        var recovery = new AppendRecovery(key, _session, manifests, roller, views, loader, time);
        _groups = new GroupAppender(key, _session, recovery, manifests, segments, roller, creator, options, time);
    }

    /// <summary>Appends the messages of one request, creating the session where it does not exist.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="AppendTooLargeException">The lines have more than <see cref="MessageLimits.MaxAppendBytes"/>.</exception>
    /// <exception cref="SessionBusyException">Too much is waiting to be appended.</exception>
    /// <exception cref="QuotaExceededException">The account has no room for so many bytes, or for another session.</exception>
    public async Task<AppendResult> AppendAsync(IReadOnlyList<NewMessage> messages, IdempotencyKey? idempotencyKey)
    {
        long began = _time.GetTimestamp();
        try
        {
            AppendResult result = await StoreAsync(messages, idempotencyKey);
            StoreTelemetry.Appended(messages.Count, _time.GetElapsedTime(began), error: null);
            return result;
        }
        catch (Exception e)
        {
            StoreTelemetry.Appended(messages: 0, _time.GetElapsedTime(began), e);
            throw;
        }
    }

    private async Task<AppendResult> StoreAsync(IReadOnlyList<NewMessage> messages, IdempotencyKey? idempotencyKey)
    {
        var append = new PendingAppend(messages, idempotencyKey, _time.GetUtcNow(), byContent: _options.RepetitionWindow > TimeSpan.Zero);
        if (append.Block.Length > MessageLimits.MaxAppendBytes)
        {
            throw new AppendTooLargeException();
        }

        using Reservation? reserved = await ReserveAsync(append);
        if (!append.Completion.IsCompleted && _queue.Add(append))
        {
            _ = Task.Run(AppendQueuedAsync);
        }

        AppendResult result = await append.Completion;
        reserved?.Keep();
        return result;
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
            LiveView? view = fresh ? await OpenFreshAsync(cancellationToken) : await _session.OpenAsync(seen: null, cancellationToken);
            return view is null ? null : (view.Manifest, look(view));
        }
        finally
        {
            Leave();
        }
    }

    // As storage has it now.
    private async Task<LiveView?> OpenFreshAsync(CancellationToken cancellationToken)
    {
        StoredManifest? seen = null;
        for (int attempt = 1; ; attempt++)
        {
            if (await _session.OpenAsync(seen, cancellationToken) is not { } view)
            {
                return null;
            }

            // The segments first, and then the manifest: where it is still the same, none of them had gone when it was read, or had come
            // back empty.
            bool isThere = await _views.TryReadTailAsync(view.Last, _session.Add, cancellationToken);
            seen = await _manifests.LoadAsync(_key, cancellationToken);
            if (isThere && seen?.ETag == view.Stored.ETag)
            {
                return view;
            }

            if (!isThere)
            {
                _session.Invalidate();
            }

            if (attempt >= AppendConflicts.Max)
            {
                throw AppendConflicts.TooMany(_key);
            }
        }
    }

    private async Task<Reservation?> ReserveAsync(PendingAppend append)
    {
        try
        {
            return await _usages.ReserveBytesAsync(_key.Account, append.Block.Length, CancellationToken.None);
        }
        catch (QuotaExceededException) when (append.MayBeRepetition)
        {
            if (!await TryAnswerAsync(append))
            {
                throw;
            }

            return null;
        }
    }

    // A repetition of what is stored needs no room.
    private async Task<bool> TryAnswerAsync(PendingAppend append)
    {
        await _gate.WaitAsync();
        try
        {
            List<PendingAppend> group = [append];
            return await OpenFreshAsync(CancellationToken.None) is { } view
                && await _session.TryResolveAsync(group, view)
                && group.Count == 0;
        }
        finally
        {
            Leave();
        }
    }

    private async Task AppendQueuedAsync()
    {
        while (_queue.TakeGroup() is { Count: > 0 } group)
        {
            // This flow is that of the append that came first: those after it have begun no more than it had then.
            NewWork.EnterNext();
            await _gate.WaitAsync();
            try
            {
                await _groups.AppendAsync(group);
            }
            catch (Exception e)
            {
                _session.Invalidate();
                foreach (PendingAppend append in group)
                {
                    append.Fail(e);
                }
            }
            finally
            {
                Leave();
            }
        }
    }

    private void Leave()
    {
        long bytes = _session.Bytes;
        _gate.Release();
        _size.Set(this, bytes);
    }
}
