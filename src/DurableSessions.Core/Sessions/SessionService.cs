using System.Globalization;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Appending;
using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Context;
using DurableSessions.Core.Deletion;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Sessions;

/// <summary>
/// Sessions as their users see them. Ids of accounts, users and sessions are checked where they enter
/// (<see cref="SessionKey.IsValidId"/>); storage that is away shows as the storage client's own exceptions.
/// </summary>
public sealed class SessionService
{
    /// <summary>The most sessions in one page of a listing.</summary>
    public const int MaxPage = 1_000;

    private readonly SessionStorage _storage;
    private readonly SessionCreator _creator;
    private readonly SessionAppenders _appenders;
    private readonly ContextReader _contexts;
    private readonly LiveLog _live;
    private readonly ManifestStore _manifests;
    private readonly Tombstones _tombstones;
    private readonly AutoCommits _autoCommits;
    private readonly SettingsWriter _settings;
    private readonly DigestsAgain _digests;
    private readonly Deletions _deletions;
    private readonly TimeProvider _time;

    internal SessionService(
        SessionStorage storage, SessionCreator creator, SessionAppenders appenders, ContextReader contexts, LiveLog live,
        ManifestStore manifests, Tombstones tombstones, AutoCommits autoCommits, SettingsWriter settings, DigestsAgain digests,
        Deletions deletions, SessionOptions options, TimeProvider time)
    {
        InitialSettings = options.InitialSettings;
        _storage = storage;
        _creator = creator;
        _appenders = appenders;
        _contexts = contexts;
        _live = live;
        _manifests = manifests;
        _tombstones = tombstones;
        _autoCommits = autoCommits;
        _settings = settings;
        _digests = digests;
        _deletions = deletions;
        _time = time;
    }

    /// <summary>What holds for a new session as far as its user says nothing.</summary>
    public SessionSettings InitialSettings { get; }

    /// <summary>Creates a session.</summary>
    /// <param name="user">The user.</param>
    /// <param name="sessionId">
    /// Its id; <see langword="null"/>: one is made, <c>YYYYMMDD-HHMMSS-</c> and 16 hexadecimal digits, in UTC.
    /// </param>
    /// <param name="settings">All of its settings: those its user sets, and of <see cref="InitialSettings"/> the others.</param>
    /// <param name="idempotencyKey">By which a repetition of this request is recognised.</param>
    /// <param name="cancellationToken">Stops waiting; the session may be created or not.</param>
    /// <exception cref="SessionExistsException">It exists.</exception>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="QuotaExceededException">The account has as many sessions as it may have.</exception>
    public async Task<SessionKey> CreateAsync(
        UserKey user, string? sessionId, SessionSettings settings, IdempotencyKey? idempotencyKey,
        CancellationToken cancellationToken)
    {
        RequestKey? createdBy = idempotencyKey is null
            ? null
            : new RequestKey(idempotencyKey.Hash("create"), idempotencyKey.RequestHash);
        string id = sessionId ?? NewId();
        if (sessionId is null && createdBy is not null)
        {
            id = await _creator.NameAsync(user, createdBy, id, cancellationToken);
        }

        var key = user.Session(id);
        await _creator.CreateAsync(key, settings, createdBy, cancellationToken);
        return key;
    }

    /// <summary>The session as storage has it now.</summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    public async Task<SessionInfo> GetAsync(SessionKey key, bool autoCreate, CancellationToken cancellationToken)
    {
        SessionAppender appender = _appenders.For(key);
        SessionInfo? info = await LookAsync();
        if (info is null && autoCreate)
        {
            await _creator.EnsureAsync(key, cancellationToken);
            info = await LookAsync();
        }

        return info ?? throw new SessionNotFoundException(key);

        async Task<SessionInfo?> LookAsync() =>
            (await appender.ReadViewAsync(fresh: true, view => SessionInfo.Of(key, view.Manifest, view), cancellationToken))?.Seen;
    }

    /// <summary>The live messages of a session, as a stream; <see langword="null"/>: there is no such session.</summary>
    public async Task<LiveMessages?> FindLiveAsync(SessionKey key, CancellationToken cancellationToken)
    {
        return await _manifests.LoadAsync(key, cancellationToken) is { Manifest: { DeletedAt: null } manifest } stored
            ? new LiveMessages(manifest.ExpiredArchives, manifest.ArchiveCount, ReadAsync(stored))
            : null;

        async IAsyncEnumerable<SessionMessage> ReadAsync(StoredManifest stored)
        {
            await using IAsyncEnumerator<SessionMessage> messages =
                _live.ReadAsync(key, stored, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await MoveNextAsync(messages))
            {
                yield return messages.Current;
            }
        }

        async Task<bool> MoveNextAsync(IAsyncEnumerator<SessionMessage> messages)
        {
            try
            {
                return await messages.MoveNextAsync();
            }
            catch (BlobGoneException)
            {
                throw new ContentionException($"Session '{key.Id}' was switched while its live messages were read.");
            }
        }
    }

    /// <summary>
    /// Lists a user's sessions: in the order of their ids from page to page, and within a page those modified last first. A page
    /// costs one request, however many sessions there are.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="limit">1 to <see cref="MaxPage"/>.</param>
    /// <param name="cursor">From the page before.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds.</exception>
    public Task<SessionPage> ListAsync(UserKey user, int limit, string? cursor, CancellationToken cancellationToken) =>
        ListAsync(user, startingWith: "", limit, cursor, cancellationToken);

    /// <summary>As the other overload, of those alone whose ids start with a text, which is the start of an id.</summary>
    internal async Task<SessionPage> ListAsync(
        UserKey user, string startingWith, int limit, string? cursor, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        string prefix = BlobNames.ManifestPrefix(user);
        var options = new GetBlobsOptions { Prefix = prefix + startingWith, Traits = BlobTraits.Metadata };
        IAsyncEnumerable<Page<BlobItem>> pages = _storage.Container.GetBlobsAsync(options, cancellationToken).AsPages(cursor, limit);
        await foreach (Page<BlobItem> page in pages.WithCancellation(cancellationToken))
        {
            IEnumerable<SessionListItem> items = page.Values
                .Where(static b => !b.Metadata.ContainsKey(ManifestStore.DeletedMetadata))
                .Select(b => new SessionListItem(
                    BlobNames.Unescape(b.Name[prefix.Length..^".json".Length]), b.Properties.LastModified ?? DateTimeOffset.UnixEpoch));
            return new SessionPage(
                [.. items.OrderByDescending(static i => i.ModifiedAt)],
                string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
        }

        return new SessionPage([], null);
    }

    /// <summary>
    /// Has the model digest again what the built-in digest stood in for, in all sessions of one page: the oldest archive of each first,
    /// beside new commits. What is on its way already goes on. A page costs one request, and up to four for each session that is started.
    /// </summary>
    /// <param name="user">Whose sessions; <see langword="null"/>: all users', of all accounts.</param>
    /// <param name="limit">Sessions in the page: 1 to <see cref="MaxPage"/>.</param>
    /// <param name="cursor">From the page before.</param>
    /// <param name="starting">Called before each start, with the most requests that it costs. What it throws ends the page.</param>
    /// <param name="cancellationToken">Stops waiting; some may be started.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds.</exception>
    public async Task<DigestAgainPage> DigestAgainAsync(
        UserKey? user, int limit, string? cursor, Action<int>? starting, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        (int started, string? next) = await _digests.StartPageAsync(user, limit, cursor, starting, cancellationToken);
        return new DigestAgainPage(started, next);
    }

    /// <summary>
    /// Appends 1 to <see cref="MessageLimits.MaxBatch"/> messages, all or none, creating the session where it does not exist. Once this
    /// returns they are stored, each in exactly one place, in this order. A cancellation stops the wait alone: they may be stored or not.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No message, or more than <see cref="MessageLimits.MaxBatch"/>.</exception>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="AppendTooLargeException">
    /// As they are stored, the messages have more than <see cref="MessageLimits.MaxAppendBytes"/>.
    /// </exception>
    /// <exception cref="SessionBusyException">Too much is waiting to be appended.</exception>
    public async Task<AppendResult> AppendAsync(
        SessionKey key, IReadOnlyList<NewMessage> messages, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(messages.Count, nameof(messages));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(messages.Count, MessageLimits.MaxBatch, nameof(messages));
        AppendResult result = await _appenders.For(key).AppendAsync(messages, idempotencyKey).WaitAsync(cancellationToken);
        await _autoCommits.AfterAppendAsync(key, result);
        return result;
    }

    /// <summary>
    /// Changes what its user set, after the appends that are on their way: every host sees it with its next append.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="change">Makes the new settings of those that stand; called again where others change the session meanwhile.</param>
    /// <param name="cancellationToken">Stops waiting; the settings may be changed or not.</param>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    public Task<SessionSettings> ConfigureAsync(
        SessionKey key, Func<SessionSettings, SessionSettings> change, CancellationToken cancellationToken) =>
        _settings.ConfigureAsync(key, change, cancellationToken);

    /// <summary>
    /// Counts what a client has used of its context, each 0 or more. A repetition of one of the last 64 requests that had a key changes
    /// nothing.
    /// </summary>
    /// <returns>The counts since the session was created.</returns>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    public Task<(long Contexts, long Skills)> CountUsedAsync(
        SessionKey key, int contexts, int skills, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken) =>
        _settings.CountUsedAsync(key, contexts, skills, idempotencyKey, cancellationToken);

    /// <summary>
    /// What an agent reads: the overview, messages that no overview covers, and the live ones, as far as they fit into a budget of 0 or
    /// more estimated tokens; then abstracts and the newest messages of archives that the overview covers.
    /// </summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The budget is negative.</exception>
    public Task<SessionContext> ReadContextAsync(SessionKey key, long tokenBudget, CancellationToken cancellationToken) =>
        ReadContextAsync(key, tokenBudget, query: null, includeMemories: false, hold: null, read: null, cancellationToken);

    /// <summary>
    /// As the other overload; with the user's memories, as far as these fit into what messages and overview leave of the budget, and where
    /// there is a question with the archived messages that fit it.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="tokenBudget">Estimated tokens, 0 or more.</param>
    /// <param name="query">
    /// A question, of any length. Archived messages that fit it may have all that is left of the budget, at most 100 of them, none longer
    /// than 256 KiB; <see langword="null"/>: the newest may have it, as far as overview, abstracts and they are at most half of the budget.
    /// </param>
    /// <param name="includeMemories">Whether to read the memories.</param>
    /// <param name="hold">Asked before the context holds more bytes; <see langword="null"/> where nothing bounds them but 32 MiB.</param>
    /// <param name="read">Learns of each MiB of messages that is read; <see langword="null"/> where that is not bounded.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The budget is negative.</exception>
    public Task<SessionContext> ReadContextAsync(
        SessionKey key, long tokenBudget, string? query, bool includeMemories, HoldBytes? hold, ReadBytes? read,
        CancellationToken cancellationToken)
    {
        return ReadContextAsync(
            key, tokenBudget, query, includeMemories ? MemoryView.All : null, hold, read, cancellationToken);
    }

    /// <summary>As the other overload, with the memories of a view.</summary>
    /// <param name="key">The session.</param>
    /// <param name="tokenBudget">Estimated tokens, 0 or more.</param>
    /// <param name="query">A question, of any length, or none, as there.</param>
    /// <param name="memories">Which memories to read; <see langword="null"/>: none.</param>
    /// <param name="hold">Asked before the context holds more bytes; <see langword="null"/> where nothing bounds them but 32 MiB.</param>
    /// <param name="read">Learns of each MiB of messages that is read; <see langword="null"/> where that is not bounded.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The budget is negative.</exception>
    public Task<SessionContext> ReadContextAsync(
        SessionKey key, long tokenBudget, string? query, MemoryView? memories, HoldBytes? hold, ReadBytes? read,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokenBudget);
        return _contexts.ReadAsync(key, tokenBudget, query, memories, hold, read, cancellationToken);
    }

    /// <summary>
    /// Deletes a session. Once this returns no client finds it; an orchestration deletes its blobs, also after a crash of any host.
    /// </summary>
    /// <remarks>
    /// The orchestration may have failed, or an operator may have terminated it, before or after the tombstone was set: asking again
    /// carries it to its end, and all of its steps may be done twice. Where the tombstone is set the answer is that there is no such
    /// session, but only after the deletion is known to run; a crash, or an error, before that leaves a tombstone that the next request
    /// finds as this one did. The instance carries the incarnation, and so does every name that it deletes: a session that is
    /// created under the same id meanwhile is never touched. Once there is one, the manifest no longer names what was deleted, and
    /// no request resumes an ended deletion: what it left can be read by no client, and <c>check --repair</c> removes it.
    /// </remarks>
    /// <exception cref="SessionNotFoundException">There is no such session, or it is deleted already.</exception>
    public async Task DeleteAsync(SessionKey key, CancellationToken cancellationToken)
    {
        Manifest manifest = (await _manifests.LoadAsync(key, cancellationToken))?.Manifest ?? throw new SessionNotFoundException(key);
        // Scheduled first: from here on it is deleted, also where this host crashes. Then the orchestration's own first step, to be able to
        // answer.
        DeleteInput input = await _deletions.StartAsync(key, manifest.Incarnation, cancellationToken);
        if (manifest.DeletedAt is not null)
        {
            throw new SessionNotFoundException(key);
        }

        await _tombstones.SetAsync(input, cancellationToken);
    }

    /// <summary>Tells the session there is now from others of its id.</summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    internal async Task<string> IncarnationAsync(SessionKey key, CancellationToken cancellationToken) =>
        (await _manifests.LoadLiveAsync(key, cancellationToken)).Incarnation;

    private string NewId() =>
        _time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss-", CultureInfo.InvariantCulture)
        + RandomNumberGenerator.GetHexString(16, lowercase: true);
}
