using System.Text.Json;
using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Deletion;
using DurableSessions.DurableTask;
using DurableSessions.Orchestration;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace DurableSessions.Functions;

/// <summary>A trigger for each activity.</summary>
public sealed class Activities(OrchestrationRegistry registry, FunctionsClient durable)
{
    /// <inheritdoc cref="CommitNames.ArchiveToTemp"/>
    [Function(CommitNames.ArchiveToTemp)]
    public Task<object?> ArchiveToTempAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(CommitNames.ArchiveToTemp, input, instanceId, client);

    /// <inheritdoc cref="CommitNames.ClearLive"/>
    [Function(CommitNames.ClearLive)]
    public Task<object?> ClearLiveAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(CommitNames.ClearLive, input, instanceId, client);

    /// <inheritdoc cref="CommitNames.CheckTurn"/>
    [Function(CommitNames.CheckTurn)]
    public Task<object?> CheckTurnAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(CommitNames.CheckTurn, input, instanceId, client);

    /// <inheritdoc cref="CommitNames.SemanticProcess"/>
    [Function(CommitNames.SemanticProcess)]
    public Task<object?> SemanticProcessAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(CommitNames.SemanticProcess, input, instanceId, client);

    /// <inheritdoc cref="CommitNames.Switch"/>
    [Function(CommitNames.Switch)]
    public Task<object?> SwitchAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(CommitNames.Switch, input, instanceId, client);

    /// <inheritdoc cref="CommitNames.CancelCommit"/>
    [Function(CommitNames.CancelCommit)]
    public Task<object?> CancelCommitAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(CommitNames.CancelCommit, input, instanceId, client);

    /// <inheritdoc cref="IdleNames.CheckIdle"/>
    [Function(IdleNames.CheckIdle)]
    public Task<object?> CheckIdleAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(IdleNames.CheckIdle, input, instanceId, client);

    /// <inheritdoc cref="DeleteNames.SetTombstone"/>
    [Function(DeleteNames.SetTombstone)]
    public Task<object?> SetTombstoneAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(DeleteNames.SetTombstone, input, instanceId, client);

    /// <inheritdoc cref="DeleteNames.DeleteBlobs"/>
    [Function(DeleteNames.DeleteBlobs)]
    public Task<object?> DeleteBlobsAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(DeleteNames.DeleteBlobs, input, instanceId, client);

    /// <inheritdoc cref="DeleteNames.RemoveTombstone"/>
    [Function(DeleteNames.RemoveTombstone)]
    public Task<object?> RemoveTombstoneAsync([ActivityTrigger] JsonElement input, string instanceId, [DurableClient] DurableTaskClient client) =>
        RunAsync(DeleteNames.RemoveTombstone, input, instanceId, client);

    private Task<object?> RunAsync(string name, JsonElement input, string instanceId, DurableTaskClient client)
    {
        durable.Use(client);
        return new DurableActivity(registry.Activities[name]()).RunAsync(name, instanceId, input);
    }
}
