using System.Text.Json;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Failures;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tasks;

/// <summary>
/// Has covered archives digested again, and puts one of their digests in place. Only that archive's own digest changes, and the session's
/// overview where it is the newest one: the digests of later archives, which were made from the one before, stay as they are. Memories are
/// not changed.
/// </summary>
/// <remarks>
/// What a crash leaves of a request: before its key is entered, nothing; after it, a key of which the repetition schedules the same
/// instance; after that, an orchestration that ends by itself.
/// </remarks>
public sealed class DigestService
{
    /// <summary>The most digests of one archive. Previews are let go for later ones; what was in place is kept.</summary>
    public const int MaxVersions = DigestChanges.MaxVersions;

    private const string KeyPurpose = "digest";
    private const int MaxAttempts = 10;

    private readonly ManifestStore _manifests;
    private readonly ArchiveStore _archives;
    private readonly EarlierDigests _earlier;
    private readonly KeyedRequests _keys;
    private readonly SemanticProcessors _processors;
    private readonly OrchestrationClient _client;
    private readonly TimeProvider _time;

    internal DigestService(
        ManifestStore manifests, ArchiveStore archives, EarlierDigests earlier, KeyedRequests keys, SemanticProcessors processors,
        OrchestrationClient client, TimeProvider time)
    {
        _manifests = manifests;
        _archives = archives;
        _earlier = earlier;
        _keys = keys;
        _processors = processors;
        _client = client;
        _time = time;
    }

    /// <summary>Accepts a request: once this returns, it runs to its end, also after a crash of any host.</summary>
    /// <param name="key">The session.</param>
    /// <param name="number">The archive.</param>
    /// <param name="request">What is to be done.</param>
    /// <param name="cancellationToken">Stops waiting; the request may be accepted or not.</param>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArchiveNotFoundException">There is no archive of that number, or it has expired.</exception>
    /// <exception cref="DigestNotFoundException">The archive keeps no digest of the version that is to be put in place.</exception>
    /// <exception cref="ArchiveStateException">
    /// The archive is not covered; it has no digest of its own, since a later one holds it; it is still to be digested again because the
    /// model was away; the archive before it, from whose digest it is made, has expired; there is no model; or it has
    /// <see cref="MaxVersions"/> digests that were in place.
    /// </exception>
    /// <exception cref="ContentionException">Another request for the archive is on its way.</exception>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The request is not valid.</exception>
    public async Task<DigestTask> StartAsync(SessionKey key, int number, DigestRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.EnsureValid();
        Manifest manifest = await _manifests.LoadLiveAsync(key, cancellationToken);
        RequestKey? keyed = request.IdempotencyKey is { } given
            ? RequestKey.Of(given, $"{KeyPurpose} {manifest.Incarnation}")
            : null;
        if (keyed is not null
            && await _keys.FindAsync<KeyedDigest>(key.Owner, keyed, cancellationToken) is { } known
            && await FindRepeatedAsync(
                Input(key, manifest, number, known.Change, request, keyed), cancellationToken) is { } repeated)
        {
            return await ReadAsync(repeated, cancellationToken);
        }

        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            DigestChanges changes = await FindChangesAsync(key, manifest, number, request, cancellationToken);
            DigestArchiveInput input = Input(key, manifest, number, changes.Count + 1, request, keyed);
            if (await TryScheduleAsync(input, keyed, cancellationToken) is { } started)
            {
                return await ReadAsync(started, cancellationToken);
            }
        }

        throw new ContentionException($"The digest of archive {number} was changed by other requests {MaxAttempts} times in a row.");
    }

    /// <summary>The digests of an archive, newest first, the one in place among them.</summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArchiveNotFoundException">There is no archive of that number, or it has expired.</exception>
    public async Task<IReadOnlyList<DigestInfo>> ListAsync(SessionKey key, int number, CancellationToken cancellationToken)
    {
        Manifest manifest = await _manifests.LoadLiveAsync(key, cancellationToken);
        EnsureThere(key, manifest, number);

        if (await _archives.FindEntryAsync(key, manifest.Incarnation, number, cancellationToken) is not { Semantic: not null } entry)
        {
            return [];
        }

        DigestInfo?[] digests = await Task.WhenAll(
            DigestChanges.Of(entry).Versions.Reverse().Select(v => FindDigestAsync(entry, v.Version, cancellationToken)));
        return [.. digests.OfType<DigestInfo>()];
    }

    /// <summary>Whether an id is one of these tasks, and of no commit.</summary>
    /// <param name="taskId">The id.</param>
    public static bool IsTaskId(string taskId)
    {
        ArgumentNullException.ThrowIfNull(taskId);
        return DigestArchiveInput.CanBeId(taskId);
    }

    /// <summary>A task, for as long as its instance is kept.</summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    public async Task<DigestTask> GetAsync(UserKey user, string taskId, CancellationToken cancellationToken) =>
        IsTaskId(taskId)
            && await _client.GetInstanceAsync(taskId, cancellationToken) is { } instance
            && InputOf(instance)?.Session.Owner == user
                ? await ReadAsync(instance, cancellationToken)
                : throw new TaskNotFoundException(taskId);

    /// <summary>Waits until a task is over, and answers with it as it is then.</summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    public async Task<DigestTask> WaitAsync(UserKey user, string taskId, CancellationToken cancellationToken)
    {
        DigestTask task = await GetAsync(user, taskId, cancellationToken);
        if (task.IsOver)
        {
            return task;
        }

        await _client.WaitForInstanceCompletionAsync(taskId, cancellationToken);
        return await GetAsync(user, taskId, cancellationToken);
    }

    /// <summary>
    /// Waits until a task has changed since it was read, or is over, and answers with it as it is then. One that was over is answered as it
    /// was read.
    /// </summary>
    /// <param name="known">The task, as its user has read it.</param>
    /// <param name="hasChanged">Whether a task that is not over is to be answered.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="TaskNotFoundException">Its instance is gone.</exception>
    public async Task<DigestTask> WaitForChangeAsync(
        DigestTask known, Func<DigestTask, bool> hasChanged, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(hasChanged);
        DigestTask task = known;
        while (!task.IsOver && !hasChanged(task))
        {
            DigestTask seen = task;
            try
            {
                await _client.WaitForInstanceAsync(
                    known.TaskId,
                    m => m.IsCompleted || m.LastUpdatedAt != seen.UpdatedAt || Status(m.RuntimeStatus, null) != seen.Status,
                    cancellationToken);
            }
            catch (OrchestrationNotFoundException)
            {
                throw new TaskNotFoundException(known.TaskId);
            }

            task = await GetAsync(known.Session.Owner, known.TaskId, cancellationToken);
        }

        return task;
    }

    private DigestArchiveInput Input(
        SessionKey key, Manifest manifest, int number, int change, DigestRequest request, RequestKey? keyed) =>
        new(key, manifest.Incarnation, number, change, keyed?.KeyHash[..32] ?? Guid.NewGuid().ToString("N"), request.Mode)
        {
            Version = request.Version,
            Instructions = request.Instructions,
            AcceptedAt = _time.GetUtcNow(),
        };

    private static void EnsureThere(SessionKey key, Manifest manifest, int number)
    {
        if (number < 1 || number > manifest.ArchiveCount || number <= manifest.ExpiredArchives)
        {
            throw new ArchiveNotFoundException(key, number, isExpired: number >= 1 && number <= manifest.ExpiredArchives);
        }
    }

    // What holds for a covered archive holds for ever: neither becomes it uncovered, nor degraded.
    private async Task<DigestChanges> FindChangesAsync(
        SessionKey key, Manifest manifest, int number, DigestRequest request, CancellationToken cancellationToken)
    {
        EnsureThere(key, manifest, number);

        if (manifest.Pending.Any(p => p.Number == number) || manifest.Uncovered.Any(u => u.Number == number))
        {
            throw new ArchiveStateException($"Archive {number} is not covered yet: a commit, or its retry, digests it first.");
        }

        if (manifest.DegradedFrom <= number)
        {
            throw new ArchiveStateException(
                $"Archive {number} is still to be digested again, because the model was away for one up to it: that comes first.");
        }

        if (await _archives.FindEntryAsync(key, manifest.Incarnation, number, cancellationToken) is not { } entry)
        {
            throw new ArchiveNotFoundException(key, number);
        }

        if (entry.Semantic is null)
        {
            throw new ArchiveStateException($"Archive {number} has no digest of its own: that of a later archive holds it.");
        }

        DigestChanges changes = DigestChanges.Of(entry);
        if (request.Version is { } version)
        {
            return changes.Versions.Any(v => v.Version == version) ? changes : throw new DigestNotFoundException(key, number, version);
        }

        if (!_processors.HasModel)
        {
            throw new ArchiveStateException("No model is configured: the built-in digest would say the same again.");
        }

        if (manifest.ExpiredArchives > 0 && await _earlier.FindBasisNumberAsync(key, manifest, number, cancellationToken) is null)
        {
            throw new ArchiveStateException(
                $"The archive before archive {number}, from whose digest it would be digested again, has expired: digests that are kept "
                + "can be put in place.");
        }

        return changes.HasRoom
            ? changes
            : throw new ArchiveStateException(
                $"Archive {number} has {MaxVersions} digests that are or were in place, which is the most; one of them can be restored.");
    }

    // Null: another change was made since the entry was read.
    private async Task<OrchestrationMetadata?> TryScheduleAsync(
        DigestArchiveInput input, RequestKey? keyed, CancellationToken cancellationToken)
    {
        var options = new StartOrchestrationOptions(input.InstanceId) { FairnessKey = input.Session.Owner.ToString() };
        if (await _client.GetInstanceAsync(input.InstanceId, cancellationToken) is { } there)
        {
            if (InputOf(there)?.Request == input.Request)
            {
                return there;
            }

            EnsureOver(there, input);

            // It has changed nothing, if the change is still to be made once it is over.
            if (await CountAsync(input, cancellationToken) != input.Change - 1)
            {
                return null;
            }

            options = options with { ReusableStatuses = [there.RuntimeStatus], ReusedGeneration = there.Generation };
        }

        if (keyed is not null)
        {
            var entered = new KeyedDigest { RequestHash = keyed.RequestHash, Change = input.Change };
            KeyedDigest standing = await _keys.EnterAsync(input.Session.Owner, keyed, entered, cancellationToken);
            if (standing.Change != input.Change)
            {
                return await FindRepeatedAsync(input with { Change = standing.Change }, cancellationToken);
            }
        }

        OrchestrationMetadata instance = await _client.ScheduleNewOrchestrationInstanceAsync(
            CommitNames.DigestArchiveOrchestrator, input, options, cancellationToken);
        if (InputOf(instance)?.Request == input.Request)
        {
            return instance;
        }

        EnsureOver(instance, input);
        return null;
    }

    private static void EnsureOver(OrchestrationMetadata instance, DigestArchiveInput input)
    {
        if (!instance.IsCompleted)
        {
            throw new ContentionException(
                $"Another request for the digest of archive {input.Number} is on its way: task {instance.InstanceId}. Try again after it.");
        }
    }

    private async Task<int> CountAsync(DigestArchiveInput input, CancellationToken cancellationToken) =>
        (await _archives.FindEntryAsync(input.Session, input.Incarnation, input.Number, cancellationToken))?.Digests?.Count ?? 0;

    // The instance of the request that has the same key; null: it is still to be scheduled, under this change.
    private async Task<OrchestrationMetadata?> FindRepeatedAsync(DigestArchiveInput input, CancellationToken cancellationToken)
    {
        OrchestrationMetadata? there = await _client.GetInstanceAsync(input.InstanceId, cancellationToken);
        if (there is not null && InputOf(there)?.Request == input.Request)
        {
            return there;
        }

        return there is null && await CountAsync(input, cancellationToken) < input.Change
            ? null
            : throw new ArchiveStateException(
                $"The request of this key for the digest of archive {input.Number} is over, and its task is not kept, or another request "
                + "came before it: the archive's digests are listed, and one more request has another key.");
    }

    private async Task<DigestTask> ReadAsync(OrchestrationMetadata instance, CancellationToken cancellationToken)
    {
        DigestArchiveInput input = InputOf(instance)!;
        DigestArchiveOutput? output = instance.SerializedOutput is { } json
            ? JsonSerializer.Deserialize<DigestArchiveOutput>(json, OrchestrationJson.Options)
            : null;
        var task = new DigestTask
        {
            TaskId = instance.InstanceId,
            Session = input.Session,
            ArchiveNumber = input.Number,
            Mode = input.Mode,
            Status = Status(instance.RuntimeStatus, output),
            CreatedAt = input.AcceptedAt,
            UpdatedAt = instance.LastUpdatedAt,
            DroppedVersion = output?.Dropped,
            Error = output?.Reason ?? Error(instance),
        };
        if (task.Status != CommitTaskStatus.Completed
            || await _archives.FindEntryAsync(input.Session, input.Incarnation, input.Number, cancellationToken) is not { } entry)
        {
            return task;
        }

        return task with
        {
            Digest = output?.Version is { } version ? await FindDigestAsync(entry, version, cancellationToken) : null,
            Present = await FindDigestAsync(
                entry, DigestChanges.Of(entry).Versions.Single(v => v.Semantic == entry.Semantic).Version, cancellationToken),
        };
    }

    // Null: it was let go.
    private async Task<DigestInfo?> FindDigestAsync(ArchiveEntry entry, int version, CancellationToken cancellationToken) =>
        DigestChanges.Of(entry).Versions.FirstOrDefault(v => v.Version == version) is { } kept
            && await _archives.FindSemanticAsync(kept.Semantic, cancellationToken) is { } document
                ? DigestInfo.Of(kept, document, kept.Semantic == entry.Semantic)
                : null;

    private static CommitTaskStatus Status(OrchestrationRuntimeStatus status, DigestArchiveOutput? output) => status switch
    {
        OrchestrationRuntimeStatus.Pending => CommitTaskStatus.Pending,
        OrchestrationRuntimeStatus.Completed when output is { IsSessionDeleted: true } => CommitTaskStatus.Cancelled,
        OrchestrationRuntimeStatus.Completed when output is { Reason: not null } => CommitTaskStatus.Failed,
        OrchestrationRuntimeStatus.Completed => CommitTaskStatus.Completed,
        OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated => CommitTaskStatus.Failed,
        _ => CommitTaskStatus.Running,
    };

    private static string? Error(OrchestrationMetadata instance) => instance switch
    {
        { FailureDetails: null } => null,
        { RuntimeStatus: OrchestrationRuntimeStatus.Terminated } => "An operator terminated the task.",
        { FailureDetails.ErrorMessage: var message } => StepFailure.Find(message) ?? StepFailure.Other(instance.InstanceId),
    };

    private static DigestArchiveInput? InputOf(OrchestrationMetadata instance) =>
        instance.Name == CommitNames.DigestArchiveOrchestrator && instance.SerializedInput is { } json
            ? JsonSerializer.Deserialize<DigestArchiveInput>(json, OrchestrationJson.Options)
            : null;
}
