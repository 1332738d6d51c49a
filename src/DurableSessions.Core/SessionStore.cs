using DurableSessions.Core.Appending;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Context;
using DurableSessions.Core.Deletion;
using DurableSessions.Core.Live;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core;

/// <summary>
/// The session store of one host: everything it needs, put together in one place. Any number of hosts may serve the same
/// container.
/// </summary>
public sealed class SessionStore : IDisposable
{
    /// <summary>
    /// How many manifests, lanes, segments and digests a host keeps in memory; the least used are given up first. Nothing is lost by
    /// that: storage has it all.
    /// </summary>
    private const int MaxRemembered = 50_000;

    private readonly MemoryCache _memory;
    private readonly RecentLines _recent = new();
    private readonly ILoggerFactory _loggers;
    private readonly Func<OrchestrationClient> _client;
    private readonly TimeProvider _time;
    private readonly SessionStorage _storage;
    private readonly SessionOptions _options;
    private readonly SemanticProcessors _processors;
    private readonly ManifestStore _manifests;
    private readonly SegmentStore _segments;
    private readonly ArchiveStore _archives;
    private readonly LiveViews _views;
    private readonly MemoryCatalogues _catalogues;
    private readonly MemoryContents _contents;
    private readonly CommitLedger _ledger;
    private readonly Staging _staging;
    private readonly Switching _switching;
    private readonly Tombstones _tombstones;
    private readonly AutoCommits _autoCommits;

    /// <summary>Puts the store together.</summary>
    /// <param name="storage">The container; it exists.</param>
    /// <param name="processors">What digests.</param>
    /// <param name="client">The engine's client; asked for when first needed, since an engine is made with what <see cref="Register"/> adds.</param>
    /// <param name="options">Bounds and times.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where to log.</param>
    public SessionStore(
        SessionStorage storage, SemanticProcessors processors, Func<OrchestrationClient> client, SessionOptions options,
        TimeProvider time, ILoggerFactory loggers)
    {
        _storage = storage;
        _processors = processors;
        _client = client;
        _options = options;
        _time = time;
        _loggers = loggers;
        _memory = new MemoryCache(new MemoryCacheOptions { SizeLimit = MaxRemembered }, loggers);
        _manifests = new ManifestStore(storage, new ManifestCache(_memory), time);
        _segments = new SegmentStore(storage, _recent);
        _archives = new ArchiveStore(storage, _recent, _memory);
        _views = new LiveViews(_manifests, _segments, _memory);
        _ledger = new CommitLedger(_manifests, _archives, storage, time);
        _staging = new Staging(_segments, _archives, _views);
        _catalogues = new MemoryCatalogues(storage);
        _contents = new MemoryContents(storage, _memory);
        var memoryStage = new MemoryStage(_catalogues, _contents, _manifests, storage, time);
        _switching = new Switching(_ledger, _segments, _archives, memoryStage, time, loggers.CreateLogger<Switching>());
        _tombstones = new Tombstones(_manifests, _segments, time);
        var initial = new SessionSettings { AutoCommitPolicy = options.DefaultAutoCommitPolicy };
        var creator = new SessionCreator(_manifests, _segments, _views, initial, time);
        var liveLog = new LiveLog(_manifests, _segments);
        var loader = new KeyedMessageLoader(liveLog, _archives, options, time);
        var lanes = new SessionLanes(
            _manifests, _segments, new SegmentRoller(_manifests, _segments, _views), _views, loader, creator, _memory, options, time);
        var contexts = new ContextReader(_manifests, liveLog, _archives, new MemoryChoice(_catalogues, _contents), time);
        var index = new TaskIndex(storage);
        var requests = new KeyedRequests(storage);
        var settings = new SettingsWriter(_manifests, _segments, _views);
        _autoCommits = new AutoCommits(_manifests, index, client, _memory, options, time, loggers.CreateLogger<AutoCommits>());
        Sessions = new SessionService(
            storage, creator, lanes, contexts, _manifests, _tombstones, _autoCommits, settings, initial, client, options, time);
        Commits = new CommitService(_manifests, lanes, index, client, options, time, loggers.CreateLogger<CommitService>());
        Tasks = new TaskService(index, _ledger, requests, client);
        Archives = new ArchiveService(_manifests, _archives);
        Memories = new MemoryService(
            _catalogues, _contents, _manifests, _archives, memoryStage, new MemoryUndo(_catalogues, _contents, requests, storage, time), time);
        MemorySearch = new MemorySearch(_catalogues, _contents, _manifests, _archives, index, _ledger, _memory);
        Audit = new StorageAudit(storage, _manifests, _archives, client, options, time);
    }

    /// <summary>Sessions and their messages.</summary>
    public SessionService Sessions { get; }

    /// <summary>Starts commits.</summary>
    public CommitService Commits { get; }

    /// <summary>Where commits stand.</summary>
    public TaskService Tasks { get; }

    /// <summary>What commits made.</summary>
    public ArchiveService Archives { get; }

    /// <summary>Users' long-term memories.</summary>
    public MemoryService Memories { get; }

    /// <summary>Searches memories and archives.</summary>
    public MemorySearch MemorySearch { get; }

    /// <summary>Finds what is wrong in storage, and removes what nobody needs.</summary>
    public StorageAudit Audit { get; }

    /// <summary>Adds the store's orchestrators and activities to what an engine can run.</summary>
    public OrchestrationRegistry Register(OrchestrationRegistry registry) => registry
        .AddOrchestrator(CommitNames.Orchestrator, static () => new CommitOrchestrator())
        .AddActivity(CommitNames.ArchiveToTemp, () => new ArchiveToTempActivity(
            _ledger, _manifests, _segments, _views, _staging, _time, Logger<ArchiveToTempActivity>()))
        .AddActivity(CommitNames.ClearLive, () => new ClearLiveActivity(_ledger, _time, Logger<ClearLiveActivity>()))
        .AddActivity(CommitNames.CheckTurn, () => new CheckTurnActivity(_ledger, _switching, _client, Logger<CheckTurnActivity>()))
        .AddActivity(CommitNames.SemanticProcess, () => new SemanticProcessActivity(
            _ledger, _archives, new SemanticStep(_archives, _catalogues, _contents, _time), _processors, _options, _time, Logger<SemanticProcessActivity>()))
        .AddActivity(CommitNames.Switch, () => new SwitchActivity(_ledger, _switching, _client, Logger<SwitchActivity>()))
        .AddActivity(CommitNames.CancelCommit, () => new CancelCommitActivity(_ledger, Logger<CancelCommitActivity>()))
        .AddOrchestrator(IdleNames.Orchestrator, static () => new CommitWhenIdleOrchestrator())
        .AddActivity(IdleNames.CheckIdle, () => new CheckIdleActivity(
            _manifests, _segments, _autoCommits, _client, _time, Logger<CheckIdleActivity>()))
        .AddOrchestrator(DeleteNames.Orchestrator, static () => new DeleteSessionOrchestrator())
        .AddActivity(DeleteNames.SetTombstone, () => new SetTombstoneActivity(_tombstones, Logger<SetTombstoneActivity>()))
        .AddActivity(DeleteNames.DeleteBlobs, () => new DeleteBlobsActivity(_storage, Logger<DeleteBlobsActivity>()))
        .AddActivity(DeleteNames.RemoveTombstone, () => new RemoveTombstoneActivity(_tombstones, Logger<RemoveTombstoneActivity>()));

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _recent.Dispose();
    }

    private ILogger<T> Logger<T>() => _loggers.CreateLogger<T>();
}
