using DurableSessions.Core.Appending;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Context;
using DurableSessions.Core.Deletion;
using DurableSessions.Core.Failures;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Live;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Notifying;
using DurableSessions.Core.Purging;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DurableSessions.Core;

/// <summary>Adds the session store to a host's services.</summary>
public static class DurableSessionsServices
{
    /// <summary>
    /// Adds the store of one host: <see cref="SessionStore"/> and the services behind it, and an <see cref="OrchestrationRegistry"/> with
    /// the orchestrators and activities that an engine runs for it. Any number of hosts may serve the same container.
    /// </summary>
    /// <remarks>
    /// The host adds besides: its engine, as an <see cref="OrchestrationClient"/> that runs what the registry holds, and what digests, as
    /// <see cref="ISemanticProcessor"/> under the keys of <see cref="SemanticProcessors"/>. The clock is the <see cref="TimeProvider"/>
    /// among the services, or the system's.
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="storage">The container; it exists when the first request comes.</param>
    /// <returns>For the options of the store, which are checked when the host starts.</returns>
    public static OptionsBuilder<SessionOptions> AddDurableSessions(this IServiceCollection services, SessionStorage storage)
    {
        services.AddSingleton(storage);
        return services.AddDurableSessions();
    }

    /// <summary>
    /// Adds the store of one host, as the other overload does, on the <see cref="SessionStorage"/> among the services. It is asked for
    /// when the store is first used, so that a host may open it after its services are built.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <returns>For the options of the store, which are checked when the host starts.</returns>
    public static OptionsBuilder<SessionOptions> AddDurableSessions(this IServiceCollection services)
    {
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<SessionOptions>>().Value);
        services.AddStorageServices();
        services.AddMemoryServices();
        services.AddSessionServices();
        services.AddOrchestrations();
        services.AddSingleton<SessionStore>();
        services.TryAddSingleton(static _ => MergeSchedule.OneIn16);
        services.TryAddSingleton(static provider =>
        {
            var fallback = provider.GetRequiredKeyedService<ISemanticProcessor>(SemanticProcessors.FallbackKey);
            var configured = provider.GetKeyedService<ISemanticProcessor>(SemanticProcessors.ConfiguredKey);
            return new SemanticProcessors(configured ?? fallback, fallback);
        });
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SessionOptions>, SessionOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SessionOptions>, SessionOptionsRules>());
        return services.AddOptions<SessionOptions>().ValidateOnStart();
    }

    /// <summary>
    /// Has the host purge, once a day and on one host of a store, the instances that ended longer ago than
    /// <see cref="SessionOptions.TaskRetention"/>, and delete the sessions in which nothing was written for
    /// <see cref="SessionOptions.SessionRetention"/>, and the archives that were switched longer ago than
    /// <see cref="SessionOptions.ArchiveRetention"/>.
    /// </summary>
    /// <param name="services">
    /// The host's services, with those of <see cref="AddDurableSessions(IServiceCollection)"/> and the engine: a host stops what was added
    /// last first, and a purge needs the engine.
    /// </param>
    public static IServiceCollection AddPurging(this IServiceCollection services) => services.AddHostedService<PurgeService>();

    private static void AddStorageServices(this IServiceCollection services) => services
        .AddSingleton(static p => new HostCache(p.Get<ILoggerFactory>(), p.Get<SessionOptions>().MaxCacheBytes))
        .AddSingleton<RecentLines>()
        .AddSingleton<ManifestCache>()
        .AddSingleton<AccountUsages>()
        .AddSingleton<DailyTokens>()
        .AddSingleton<IManifestObserver>(static p => p.Get<AccountUsages>())
        .AddSingleton<ManifestStore>()
        .AddSingleton<KeyedRequests>()
        .AddSingleton<SegmentStore>()
        .AddSingleton<LiveViews>()
        .AddSingleton<LiveLog>()
        .AddSingleton<SegmentRoller>()
        .AddSingleton<SettingsWriter>()
        .AddSingleton<ArchiveStore>()
        .AddSingleton<ArchiveIndexer>()
        .AddSingleton<IndexMerger>()
        .AddSingleton<Merges>();

    private static void AddMemoryServices(this IServiceCollection services) => services
        .AddSingleton<MemoryCatalogues>()
        .AddSingleton<MemoryContents>()
        .AddSingleton<MemorySelector>()
        .AddSingleton<MemoryStage>()
        .AddSingleton<MemoryUndo>();

    // What is public has constructors that only this assembly can call.
    private static void AddSessionServices(this IServiceCollection services) => services
        .AddSingleton<SessionCreator>()
        .AddSingleton<KeyedMessageLoader>()
        .AddSingleton<SessionAppenders>()
        .AddSingleton<ProvisionalOverview>()
        .AddSingleton<CoveredArchives>()
        .AddSingleton<ArchiveBlocks>()
        .AddSingleton<IArchivedSearch, ArchivedSearch>()
        .AddSingleton<ArchivedReader>()
        .AddSingleton<ContextReader>()
        .AddSingleton<CommitRoom>()
        .AddSingleton<AutoCommits>()
        .AddSingleton<Tombstones>()
        .AddSingleton<Deletions>()
        .AddSingleton<TaskIndex>()
        .AddSingleton<CommitTaskFinder>()
        .AddSingleton<KeyedAttempts>()
        .AddSingleton<CommitCancellation>()
        .AddSingleton<CommitRetry>()
        .AddSingleton<PurgeTurns>()
        .AddSingleton<InstancePurger>()
        .AddSingleton<Purge>()
        .AddSingleton<ManifestListing>()
        .AddSingleton(static p => new UnusedSessions(
            p.Get<ManifestListing>(), p.Get<ManifestStore>(), p.Get<SegmentStore>(), p.Get<TaskIndex>(), p.Get<OrchestrationClient>(),
            p.Get<ILogger<UnusedSessions>>()))
        .AddSingleton(static p => new OldArchives(
            p.Get<ManifestListing>(), p.Get<ManifestStore>(), p.Get<ArchiveStore>(), p.Get<EarlierDigests>(), p.Get<OrchestrationClient>(),
            p.Get<SessionOptions>(), p.Get<ILogger<OldArchives>>()))
        .AddSingleton(static p => new SessionService(
            p.Get<SessionStorage>(), p.Get<SessionCreator>(), p.Get<SessionAppenders>(), p.Get<ContextReader>(), p.Get<LiveLog>(),
            p.Get<ManifestStore>(), p.Get<Tombstones>(), p.Get<AutoCommits>(), p.Get<SettingsWriter>(), p.Get<DigestsAgain>(),
            p.Get<Deletions>(), p.Get<SessionOptions>(), p.Get<TimeProvider>()))
        .AddSingleton(static p => new CommitService(
            p.Get<ManifestStore>(), p.Get<SessionAppenders>(), p.Get<TaskIndex>(), p.Get<OrchestrationClient>(), p.Get<CommitRoom>(),
            p.Get<SessionOptions>(), p.Get<TimeProvider>(), p.Get<ILogger<CommitService>>()))
        .AddSingleton(static p => new TaskService(
            p.Get<CommitTaskFinder>(), p.Get<CommitCancellation>(), p.Get<CommitRetry>(), p.Get<OrchestrationClient>()))
        .AddSingleton(static p => new DigestService(
            p.Get<ManifestStore>(), p.Get<ArchiveStore>(), p.Get<EarlierDigests>(), p.Get<KeyedRequests>(), p.Get<SemanticProcessors>(),
            p.Get<OrchestrationClient>(), p.Get<TimeProvider>()))
        .AddSingleton(static p => new ArchiveService(p.Get<ManifestStore>(), p.Get<ArchiveStore>()))
        .AddSingleton(static p => new MemoryService(
            p.Get<MemoryCatalogues>(), p.Get<MemoryContents>(), p.Get<ManifestStore>(), p.Get<ArchiveStore>(), p.Get<MemoryStage>(),
            p.Get<MemoryUndo>(), p.Get<AccountUsages>(), p.Get<TimeProvider>()))
        .AddSingleton<MessageSearch>()
        .AddSingleton<LiveLogs>()
        .AddSingleton(static p => new MemorySearch(
            p.Get<MemoryCatalogues>(), p.Get<MemoryContents>(), p.Get<ManifestStore>(), p.Get<ArchiveStore>(), p.Get<TaskIndex>(),
            p.Get<CommitLedger>(), p.Get<MessageSearch>(), p.Get<LiveLogs>(), p.Get<HostCache>()))
        .AddSingleton(static p => new StorageAudit(
            p.Get<SessionStorage>(), p.Get<ManifestStore>(), p.Get<ArchiveStore>(), p.Get<OrchestrationClient>(), p.Get<ArchiveIndexer>(),
            p.Get<IndexMerger>(), p.Get<SessionOptions>(), p.Get<TimeProvider>()));

    private static void AddOrchestrations(this IServiceCollection services) => services
        .AddSingleton<CommitLedger>()
        .AddSingleton<Staging>()
        .AddSingleton<SemanticStep>()
        .AddSingleton<EarlierDigests>()
        .AddSingleton<ModelProbe>()
        .AddSingleton<Switching>()
        .AddSingleton<Finishing>()
        .AddSingleton<ArchiveToTempActivity>()
        .AddSingleton<ClearLiveActivity>()
        .AddSingleton<CheckTurnActivity>()
        .AddSingleton<SemanticProcessActivity>()
        .AddSingleton<SwitchActivity>()
        .AddSingleton<DigestsAgain>()
        .AddSingleton<DigestAgainActivity>()
        .AddSingleton<DigestArchiveActivity>()
        .AddSingleton<ChangeDigestActivity>()
        .AddSingleton<CancelCommitActivity>()
        .AddSingleton<ScheduleNotifyActivity>()
        .AddSingleton<SendWebhookActivity>()
        .AddSingleton(static p => new WebhookReceivers(p.Get<SessionOptions>().Webhooks, p.Get<TimeProvider>()))
        .AddSingleton<CheckIdleActivity>()
        .AddSingleton<SetTombstoneActivity>()
        .AddSingleton<DeleteBlobsActivity>()
        .AddSingleton<RemoveTombstoneActivity>()
        .AddSingleton<DeleteUnusedActivity>()
        .AddSingleton<DeleteOldArchivesActivity>()
        .AddSingleton<PlanMergesActivity>()
        .AddSingleton<MergeActivity>()
        .AddSingleton<DeleteMergedActivity>()
        .AddSingleton(static p => new OrchestrationRegistry()
            .AddOrchestrator(CommitNames.Orchestrator, static () => new CommitOrchestrator())
            .AddActivity(CommitNames.ArchiveToTemp, p.Reported<ArchiveToTempActivity>)
            .AddActivity(CommitNames.ClearLive, p.Reported<ClearLiveActivity>)
            .AddActivity(CommitNames.CheckTurn, p.Reported<CheckTurnActivity>)
            .AddActivity(CommitNames.SemanticProcess, p.Reported<SemanticProcessActivity>)
            .AddActivity(CommitNames.Switch, p.Reported<SwitchActivity>)
            .AddActivity(CommitNames.CancelCommit, p.Reported<CancelCommitActivity>)
            .AddActivity(CommitNames.ScheduleNotify, p.Reported<ScheduleNotifyActivity>)
            .AddOrchestrator(NotifyNames.Orchestrator, static () => new NotifyOrchestrator())
            .AddActivity(NotifyNames.Send, p.Reported<SendWebhookActivity>)
            .AddOrchestrator(CommitNames.DigestAgainOrchestrator, static () => new DigestAgainOrchestrator())
            .AddActivity(CommitNames.DigestAgain, p.Reported<DigestAgainActivity>)
            .AddOrchestrator(CommitNames.DigestArchiveOrchestrator, static () => new DigestArchiveOrchestrator())
            .AddActivity(CommitNames.DigestArchive, p.Reported<DigestArchiveActivity>)
            .AddActivity(CommitNames.ChangeDigest, p.Reported<ChangeDigestActivity>)
            .AddOrchestrator(IdleNames.Orchestrator, static () => new CommitWhenIdleOrchestrator())
            .AddActivity(IdleNames.CheckIdle, p.Reported<CheckIdleActivity>)
            .AddOrchestrator(DeleteNames.Orchestrator, static () => new DeleteSessionOrchestrator())
            .AddActivity(DeleteNames.SetTombstone, p.Reported<SetTombstoneActivity>)
            .AddActivity(DeleteNames.DeleteBlobs, p.Reported<DeleteBlobsActivity>)
            .AddActivity(DeleteNames.RemoveTombstone, p.Reported<RemoveTombstoneActivity>)
            .AddOrchestrator(ExpireNames.Orchestrator, static () => new ExpireSessionOrchestrator())
            .AddActivity(ExpireNames.DeleteUnused, p.Reported<DeleteUnusedActivity>)
            .AddOrchestrator(ExpireNames.ArchivesOrchestrator, static () => new ExpireArchivesOrchestrator())
            .AddActivity(ExpireNames.DeleteArchives, p.Reported<DeleteOldArchivesActivity>)
            .AddOrchestrator(MergeNames.Orchestrator, static () => new MergeSegmentsOrchestrator())
            .AddActivity(MergeNames.Plan, p.Reported<PlanMergesActivity>)
            .AddActivity(MergeNames.Merge, p.Reported<MergeActivity>)
            .AddActivity(MergeNames.DeleteMerged, p.Reported<DeleteMergedActivity>));

    private static ReportedActivity Reported<T>(this IServiceProvider provider)
        where T : ITaskActivity => new ReportedActivity(provider.Get<T>(), provider.Get<ILogger<ReportedActivity>>());

    private static T Get<T>(this IServiceProvider provider)
        where T : notnull => provider.GetRequiredService<T>();
}
