using System.Text.Json;
using DurableSessions.Orchestration;
using Durable = Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>Adapts the orchestration context of Durable Task, call by call.</summary>
internal sealed class DurableContext(Durable.TaskOrchestrationContext inner, JsonElement? input) : OrchestrationContext
{
    private static readonly TimeSpan AfterEarlyTimer = TimeSpan.FromSeconds(1.5);

    public override string Name => inner.Name.Name;

    public override string InstanceId => inner.InstanceId;

    public override DateTimeOffset CurrentUtcDateTime => new(DateTime.SpecifyKind(inner.CurrentUtcDateTime, DateTimeKind.Utc));

    public override bool IsReplaying => inner.IsReplaying;

    public override T? GetInput<T>()
        where T : default => DurablePayloads.Read<T>(input);

    public override Task<TResult> CallActivityAsync<TResult>(string name, object? input = null, TaskOptions? options = null) =>
        EndAsync<TResult>(
            inner.CallActivityAsync<JsonElement?>(name, DurablePayloads.Write(input), Translate(options)),
            static (task, failure) => new TaskFailedException(task, failure));

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(
        string orchestratorName, object? input = null, SubOrchestrationOptions? options = null) =>
        EndAsync<TResult>(
            inner.CallSubOrchestratorAsync<JsonElement?>(orchestratorName, DurablePayloads.Write(input), Translate(options)),
            TaskFailedException.OfSubOrchestration);

    /// <summary>
    /// Queues of Azure Storage delay by whole seconds, rounded down: such a timer fires up to one second early. Then another one follows,
    /// long enough that it is not rounded to nothing.
    /// </summary>
    public override async Task CreateTimer(DateTimeOffset fireAt, CancellationToken cancellationToken)
    {
        await inner.CreateTimer(fireAt.UtcDateTime, cancellationToken);
        while (CurrentUtcDateTime < fireAt)
        {
            await inner.CreateTimer(CurrentUtcDateTime.UtcDateTime + AfterEarlyTimer, cancellationToken);
        }
    }

    public override async Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default) =>
        DurablePayloads.Read<T>(await inner.WaitForExternalEvent<JsonElement?>(eventName, cancellationToken))!;

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        inner.ContinueAsNew(DurablePayloads.Write(newInput), preserveUnprocessedEvents);

    public override void SetCustomStatus(object? customStatus) => inner.SetCustomStatus(DurablePayloads.Write(customStatus));

    private static async Task<TResult> EndAsync<TResult>(
        Task<JsonElement?> call, Func<string, TaskFailureDetails, TaskFailedException> failed)
    {
        try
        {
            return DurablePayloads.Read<TResult>(await call)!;
        }
        catch (Durable.TaskFailedException e)
        {
            throw failed(e.TaskName, DurableFailures.Translate(e.FailureDetails));
        }
    }

    private static Durable.TaskOptions? Translate(TaskOptions? options) =>
        options?.Retry is { } retry ? Durable.TaskOptions.FromRetryPolicy(Translate(retry)) : null;

    private static Durable.SubOrchestrationOptions Translate(SubOrchestrationOptions? options) => new(
        options?.Retry is { } retry ? Translate(retry) : (Durable.TaskRetryOptions?)null, options?.InstanceId);

    private static Durable.RetryPolicy Translate(RetryPolicy retry) =>
        new(retry.MaxNumberOfAttempts, retry.FirstRetryInterval, retry.BackoffCoefficient, retry.MaxRetryInterval)
        {
            HandleFailure = static failure => !DurableFailures.Translate(failure).IsNonRetriable,
        };
}
