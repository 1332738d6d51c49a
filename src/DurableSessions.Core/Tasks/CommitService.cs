using DurableSessions.Core.Appending;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Tasks;

/// <summary>Starts commits.</summary>
public sealed class CommitService
{
    /// <summary>How long an answer waits to tell the archive's number. The commit itself goes on without a client that waits.</summary>
    private static readonly TimeSpan MaxWaitForNumber = TimeSpan.FromSeconds(10);

    private readonly ManifestStore _manifests;
    private readonly SessionAppenders _appenders;
    private readonly TaskIndex _index;
    private readonly OrchestrationClient _client;
    private readonly CommitRoom _room;
    private readonly SessionOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<CommitService> _logger;

    internal CommitService(
        ManifestStore manifests, SessionAppenders appenders, TaskIndex index, OrchestrationClient client, CommitRoom room,
        SessionOptions options, TimeProvider time, ILogger<CommitService> logger)
    {
        _manifests = manifests;
        _appenders = appenders;
        _index = index;
        _client = client;
        _room = room;
        _options = options;
        _time = time;
        _logger = logger;
    }

    /// <summary>
    /// Accepts a commit: once this returns, it runs to its end, also after a crash of any host. The archive's number is in the answer where
    /// it is known within 10 s.
    /// </summary>
    /// <remarks>
    /// What a crash leaves: before the index entries, nothing; after them, entries that readers pass over; after the instance is
    /// created, a commit that ends by itself.
    /// </remarks>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="SessionBusyException">
    /// <see cref="SessionOptions.MaxPendingCommits"/> commits of the session have not ended.
    /// </exception>
    /// <exception cref="QuotaExceededException">
    /// <see cref="QuotaSettings.WaitingCommits"/> commits of the account have not ended.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The request keeps more than it may.</exception>
    /// <exception cref="ArgumentException">
    /// Its tags are too many, or one is not as it is stored; or its webhook is refused, as <see cref="WebhookSettings.Refuse"/> says.
    /// </exception>
    public async Task<CommitAnswer> CommitAsync(SessionKey key, CommitRequest request, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.KeepRecentCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.KeepRecentCount, CommitRequest.MaxKeepRecentCount);
        request.Turns?.EnsureValid();
        if (request.EventTags is { } tags)
        {
            EventTags.EnsureValid(tags);
        }

        if (request.Webhook is { } webhook && _options.Webhooks.Refuse(webhook) is { } refusal)
        {
            throw new ArgumentException($"The webhook {refusal}", nameof(request));
        }

        CommitAnswer answer = await TryCommitAsync(key, request, cancellationToken);
        if (answer.Task?.Output is not { IsSessionDeleted: true })
        {
            return answer;
        }

        // This host had not heard that the session was deleted; there may be another one of its id.
        await _manifests.LoadLiveAsync(key, cancellationToken);
        return await TryCommitAsync(key, request, cancellationToken);
    }

    private async Task<CommitAnswer> TryCommitAsync(SessionKey key, CommitRequest request, CancellationToken cancellationToken)
    {
        Manifest manifest;
        if (request.IdempotencyKey is null)
        {
            (manifest, SkipReason? skip) = await CountAsync(key, request, cancellationToken);
            if (skip is not null)
            {
                return new CommitAnswer(null, skip);
            }
        }
        else
        {
            // A repetition must get the first answer, also where other messages are live by now: the commit's own record knows. And it is a
            // commit of the session there is, not of one of its id that this host remembers.
            manifest = await _manifests.LoadLiveAsync(key, cancellationToken);
        }

        CommitInput input = Input(key, manifest.Incarnation, request);
        await EnsureRoomAsync(input, manifest, cancellationToken);
        // Until the answer has the archive's number: from then on the manifest has the commit, and counts it.
        using Reservation? reserved = await _room.ReserveAsync(key, input.CommitId, manifest, cancellationToken);
        (input, bool mayBePurged) = await _index.EnterAsync(input, cancellationToken);
        if (mayBePurged)
        {
            if (await FindPurgedAsync(input, cancellationToken) is { } purged)
            {
                return Answer(purged);
            }

            await _index.AddAsync(input, cancellationToken);
        }

        OrchestrationMetadata instance = await ScheduleAsync(input, cancellationToken);
        _logger.CommitAccepted(input.CommitId, key, (object?)request.Turns ?? request.KeepRecentCount);
        instance = await WaitForNumberAsync(instance, cancellationToken);
        return Answer(CommitTaskReader.Task(instance, CommitTaskReader.Input(instance) ?? input));
    }

    private static CommitAnswer Answer(CommitTask task) => task.Output is { Fate: CommitFate.Skipped } skipped
        ? new CommitAnswer(null, skipped.SkipReason)
        : new CommitAnswer(task, null);

    // What the commit's task said before its instance was purged: a repetition commits nothing again. Null: there is an instance.
    private async Task<CommitTask?> FindPurgedAsync(CommitInput input, CancellationToken cancellationToken)
    {
        if (await _client.GetInstanceAsync(input.CommitId.Value, cancellationToken) is not null
            || await _index.FindAsync(input.Session.Owner, input.CommitId, cancellationToken) is not { Purged: { } purged } entry)
        {
            return null;
        }

        return purged.RequestHash == input.RequestHash
            ? purged.ToTask(entry.Reference)
            : throw new IdempotencyKeyReusedException();
    }

    // Refused only by what storage says, never a repetition, and not because of commits that are over: the next one helps those.
    private async Task EnsureRoomAsync(CommitInput input, Manifest known, CancellationToken cancellationToken)
    {
        if (known.Pending.Count < _options.MaxPendingCommits
            || await _manifests.LoadAsync(input.Session, cancellationToken) is not { Manifest: var manifest }
            || manifest.Pending.Count < _options.MaxPendingCommits
            || await _client.GetInstanceAsync(input.CommitId.Value, cancellationToken) is not null
            || await AbandonedCommits.HasAsync(manifest, _client, cancellationToken))
        {
            return;
        }

        throw new SessionBusyException(
            $"Session '{input.Session.Id}' has {manifest.Pending.Count} commits that have not ended; "
            + $"at most {_options.MaxPendingCommits} may wait.");
    }

    private async Task<OrchestrationMetadata> ScheduleAsync(CommitInput input, CancellationToken cancellationToken)
    {
        OrchestrationMetadata instance = await _client.ScheduleNewOrchestrationInstanceAsync(
            CommitNames.Orchestrator,
            input,
            input.Start with { IsFreshId = !input.CommitId.IsDerived },
            cancellationToken);
        return CommitTaskReader.Input(instance) is { } scheduled && scheduled.RequestHash != input.RequestHash
            ? throw new IdempotencyKeyReusedException()
            : instance;
    }

    private CommitInput Input(SessionKey key, string incarnation, CommitRequest request)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return new CommitInput
        {
            Session = key,
            Incarnation = incarnation,
            CommitId = request.IdempotencyKey is { } idempotencyKey ? CommitId.FromKey(idempotencyKey, incarnation) : CommitId.New(now),
            KeepRecentCount = request.KeepRecentCount,
            Turns = request.Turns,
            EventTags = request.EventTags,
            Webhook = request.Webhook ?? (_options.Webhooks.Url is null ? null : CommitInput.HostsWebhook),
            Semantic = _options.Semantic,
            RequestHash = request.IdempotencyKey?.RequestHash,
            AcceptedAt = now,
        };
    }

    // What this host knows will do to see that there is something to archive; that there is nothing, storage must say.
    private async Task<(Manifest Manifest, SkipReason? Skip)> CountAsync(
        SessionKey key, CommitRequest request, CancellationToken cancellationToken)
    {
        SessionAppender appender = _appenders.For(key);
        foreach (bool fresh in (bool[])[false, true])
        {
            if (await appender.ReadViewAsync(fresh, view => Skip(view, request), cancellationToken) is not { } looked)
            {
                break;
            }

            if (looked.Seen is null || fresh)
            {
                return looked;
            }
        }

        throw new SessionNotFoundException(key);
    }

    // As the commit would find it. What others append meanwhile only makes that more to archive.
    private static SkipReason? Skip(LiveView live, CommitRequest request) =>
        live.Archivable(request.KeepRecentCount, request.Turns) > 0 ? null
        : live.MessageCount == 0 ? SkipReason.NoMessages
        : SkipReason.AllWithinKeepWindow;

    private async Task<OrchestrationMetadata> WaitForNumberAsync(OrchestrationMetadata instance, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(MaxWaitForNumber, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await _client.WaitForInstanceAsync(
                instance.InstanceId,
                static m => m.IsCompleted || CommitTaskReader.Number(m) is not null,
                either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return instance;
        }
    }
}
