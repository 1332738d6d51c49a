using System.Text.Json;
using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Deletion;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Notifying;
using DurableSessions.Core.Purging;
using DurableSessions.DurableTask;
using DurableSessions.Orchestration;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace DurableSessions.Functions;

/// <summary>A trigger for each orchestrator.</summary>
public sealed class Orchestrators(OrchestrationRegistry registry)
{
    [Function(CommitNames.Orchestrator)]
    public Task<object?> CommitAsync([OrchestrationTrigger] TaskOrchestrationContext context) => RunAsync(context);

    [Function(NotifyNames.Orchestrator)]
    public Task<object?> ReportCommitAsync([OrchestrationTrigger] TaskOrchestrationContext context) => RunAsync(context);

    [Function(CommitNames.DigestAgainOrchestrator)]
    public Task<object?> DigestSessionAgainAsync([OrchestrationTrigger] TaskOrchestrationContext context) => RunAsync(context);

    [Function(CommitNames.DigestArchiveOrchestrator)]
    public Task<object?> ChangeArchiveDigestAsync([OrchestrationTrigger] TaskOrchestrationContext context) => RunAsync(context);

    [Function(IdleNames.Orchestrator)]
    public Task<object?> CommitWhenIdleAsync([OrchestrationTrigger] TaskOrchestrationContext context) => RunAsync(context);

    [Function(DeleteNames.Orchestrator)]
    public Task<object?> DeleteSessionAsync([OrchestrationTrigger] TaskOrchestrationContext context) => RunAsync(context);

    [Function(ExpireNames.Orchestrator)]
    public Task<object?> ExpireSessionAsync([OrchestrationTrigger] TaskOrchestrationContext context) => RunAsync(context);

    [Function(ExpireNames.ArchivesOrchestrator)]
    public Task<object?> ExpireArchivesAsync([OrchestrationTrigger] TaskOrchestrationContext context) => RunAsync(context);

    [Function(MergeNames.Orchestrator)]
    public Task<object?> MergeSegmentsAsync([OrchestrationTrigger] TaskOrchestrationContext context) => RunAsync(context);

    private Task<object?> RunAsync(TaskOrchestrationContext context) =>
        new DurableOrchestrator(registry.Orchestrators[context.Name.Name]()).RunAsync(context, context.GetInput<JsonElement?>());
}
