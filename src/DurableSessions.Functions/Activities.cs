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
using Client = Microsoft.DurableTask.Client.DurableTaskClient;

namespace DurableSessions.Functions;

/// <summary>A trigger for each activity.</summary>
public sealed class Activities(OrchestrationRegistry registry, FunctionsClient durable)
{
    [Function(CommitNames.ArchiveToTemp)]
    public Task<object?> ArchiveToTemp([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.ArchiveToTemp, input, instanceId, client);

    [Function(CommitNames.ClearLive)]
    public Task<object?> ClearLive([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.ClearLive, input, instanceId, client);

    [Function(CommitNames.CheckTurn)]
    public Task<object?> CheckTurn([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.CheckTurn, input, instanceId, client);

    [Function(CommitNames.SemanticProcess)]
    public Task<object?> SemanticProcess([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.SemanticProcess, input, instanceId, client);

    [Function(CommitNames.Switch)]
    public Task<object?> Switch([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.Switch, input, instanceId, client);

    [Function(CommitNames.CancelCommit)]
    public Task<object?> CancelCommit([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.CancelCommit, input, instanceId, client);

    [Function(CommitNames.DigestAgain)]
    public Task<object?> DigestAgain([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.DigestAgain, input, instanceId, client);

    [Function(CommitNames.DigestArchive)]
    public Task<object?> DigestArchive([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.DigestArchive, input, instanceId, client);

    [Function(CommitNames.ChangeDigest)]
    public Task<object?> ChangeDigest([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.ChangeDigest, input, instanceId, client);

    [Function(IdleNames.CheckIdle)]
    public Task<object?> CheckIdle([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(IdleNames.CheckIdle, input, instanceId, client);

    [Function(DeleteNames.SetTombstone)]
    public Task<object?> SetTombstone([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(DeleteNames.SetTombstone, input, instanceId, client);

    [Function(DeleteNames.DeleteBlobs)]
    public Task<object?> DeleteBlobs([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(DeleteNames.DeleteBlobs, input, instanceId, client);

    [Function(DeleteNames.RemoveTombstone)]
    public Task<object?> RemoveTombstone([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(DeleteNames.RemoveTombstone, input, instanceId, client);

    [Function(ExpireNames.DeleteUnused)]
    public Task<object?> DeleteUnused([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(ExpireNames.DeleteUnused, input, instanceId, client);

    [Function(ExpireNames.DeleteArchives)]
    public Task<object?> DeleteArchives([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(ExpireNames.DeleteArchives, input, instanceId, client);

    [Function(CommitNames.ScheduleNotify)]
    public Task<object?> ScheduleReport([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(CommitNames.ScheduleNotify, input, instanceId, client);

    [Function(NotifyNames.Send)]
    public Task<object?> SendWebhook([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(NotifyNames.Send, input, instanceId, client);

    [Function(MergeNames.Plan)]
    public Task<object?> PlanMerges([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(MergeNames.Plan, input, instanceId, client);

    [Function(MergeNames.Merge)]
    public Task<object?> MergeSegments([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(MergeNames.Merge, input, instanceId, client);

    [Function(MergeNames.DeleteMerged)]
    public Task<object?> DeleteMergedSegments([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] Client client) =>
        RunAsync(MergeNames.DeleteMerged, input, instanceId, client);

    private Task<object?> RunAsync(string name, JsonElement input, string instanceId, Client client)
    {
        durable.Use(client);
        return new DurableActivity(registry.Activities[name]()).RunAsync(name, instanceId, input);
    }
}
