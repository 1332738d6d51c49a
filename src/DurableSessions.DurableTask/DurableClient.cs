using System.Globalization;
using DurableSessions.Orchestration;
using Grpc.Core;
using Client = Microsoft.DurableTask.Client;
using Core = global::DurableTask.Core;
using Durable = Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>
/// Adapts the client of Durable Task. Durable Task does not report whether an event, a suspension or a termination reached its instance,
/// so the instance is read first: an instance that ends between that read and the message drops the message without an error.
/// </summary>
public sealed class DurableClient(Client.DurableTaskClient inner, TimeProvider time) : OrchestrationClient
{
    // No caller's tag has this name: StartOrchestrationOptions refuses it.
    private const string GenerationTag = "generation";

    private const string TokenMark = "d:";

    private const int MaxQueries = 8;

    private static readonly TimeSpan FirstPollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxPollInterval = TimeSpan.FromSeconds(5);

    private readonly SchedulerCalls _scheduler = new(time);

    public override async Task<OrchestrationMetadata> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName,
        object? input = null,
        StartOrchestrationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        string id = options?.InstanceId ?? Guid.CreateVersion7().ToString("N");
        OrchestrationInstanceIds.ThrowIfInvalid(id);
        IReadOnlyCollection<OrchestrationRuntimeStatus> reusable = options?.ReusableStatuses ?? [];
        OrchestrationMetadata? before = reusable.Count > 0 ? await GetInstanceAsync(id, cancellationToken) : null;
        if (before is not null && options?.ReusedGeneration is { } reused && before.Generation != reused)
        {
            return before;
        }

        int generation = (before?.Generation ?? 0) + 1;
        var durable = new Durable.StartOrchestrationOptions(id)
        {
            DedupeStatuses = [.. Enum.GetValues<OrchestrationRuntimeStatus>().Except(reusable).Select(static s => s.ToString())],
            Tags = new Dictionary<string, string>((options ?? new StartOrchestrationOptions()).Tags)
            {
                [GenerationTag] = generation.ToString(CultureInfo.InvariantCulture),
            },
        };
        try
        {
            await _scheduler.CallAsync(
                token => inner.ScheduleNewOrchestrationInstanceAsync(orchestratorName, DurablePayloads.Write(input), durable, token),
                cancellationToken);
        }
        catch (Core.Exceptions.OrchestrationAlreadyExistsException)
        {
            // Read below, and returned unchanged.
        }

        return await GetInstanceAsync(id, cancellationToken) ?? throw new OrchestrationNotFoundException(id);
    }

    public override async Task<OrchestrationMetadata?> GetInstanceAsync(
        string instanceId, CancellationToken cancellationToken = default)
    {
        OrchestrationInstanceIds.ThrowIfInvalid(instanceId);
        return await _scheduler.CallAsync(
            token => inner.GetInstanceAsync(instanceId, getInputsAndOutputs: true, token), cancellationToken) is { } found
            ? Translate(found)
            : null;
    }

    public override async Task<OrchestrationMetadata> WaitForInstanceAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken)
    {
        for (TimeSpan interval = FirstPollInterval; ; interval = interval * 1.5 < MaxPollInterval ? interval * 1.5 : MaxPollInterval)
        {
            OrchestrationMetadata seen = await FindAsync(instanceId, cancellationToken);
            if (predicate(seen))
            {
                return seen;
            }

            await Task.Delay(interval, time, cancellationToken);
        }
    }

    public override async Task<bool> RaiseEventAsync(
        string instanceId, string eventName, object? payload = null, CancellationToken cancellationToken = default)
    {
        if ((await FindAsync(instanceId, cancellationToken)).IsCompleted)
        {
            return false;
        }

        await _scheduler.CallAsync(
            token => inner.RaiseEventAsync(instanceId, eventName, DurablePayloads.Write(payload), token), cancellationToken);
        return true;
    }

    public override Task TerminateInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendUnlessCompletedAsync(
            instanceId, token => inner.TerminateInstanceAsync(instanceId, (object?)reason, token), cancellationToken);

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendUnlessCompletedAsync(instanceId, token => inner.SuspendInstanceAsync(instanceId, reason, token), cancellationToken);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendUnlessCompletedAsync(instanceId, token => inner.ResumeInstanceAsync(instanceId, reason, token), cancellationToken);

    public override async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken = default) =>
        await GetInstanceAsync(instanceId, cancellationToken) is { IsCompleted: true }
        && (await _scheduler.CallAsync(token => inner.PurgeInstanceAsync(instanceId, token), cancellationToken)).PurgedInstanceCount > 0;

    public override async Task<OrchestrationPage> ListInstancesAsync(
        OrchestrationQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.PageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.PageSize, 1_000);
        List<OrchestrationMetadata> found = [];
        string? token = MarkedToken.Read(TokenMark, query.ContinuationToken);
        int queries = 0;
        do
        {
            // Each query requests no more than the page has room for: a result is used whole, since only its token continues the listing.
            OrchestrationQuery rest = query with { PageSize = query.PageSize - found.Count, ContinuationToken = token };
            OrchestrationPage page = await _scheduler.CallAsync(stop => ListOnceAsync(rest, stop), cancellationToken);
            found.AddRange(page.Values);
            token = page.ContinuationToken;
        }
        while (token is not null && found.Count < query.PageSize && ++queries < MaxQueries);

        return new OrchestrationPage(found, MarkedToken.Write(TokenMark, token));
    }

    private async Task<OrchestrationPage> ListOnceAsync(OrchestrationQuery query, CancellationToken cancellationToken)
    {
        var filter = new Client.OrchestrationQuery(
            query.CreatedFrom,
            query.CreatedTo?.AddTicks(-1),
            query.Statuses.Count == 0 ? null : query.Statuses.Select(static s => Enum.Parse<Client.OrchestrationRuntimeStatus>($"{s}")),
            InstanceIdPrefix: query.InstanceIdPrefix,
            PageSize: query.PageSize,
            FetchInputsAndOutputs: query.FetchInputsAndOutputs,
            ContinuationToken: query.ContinuationToken);
        await foreach (Durable.Page<Client.OrchestrationMetadata> page in
            inner.GetAllInstancesAsync(filter).AsPages(query.ContinuationToken, query.PageSize).WithCancellation(cancellationToken))
        {
            return new OrchestrationPage(
                [.. page.Values.Select(Translate)], string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
        }

        return new OrchestrationPage([], null);
    }

    public override async Task<IReadOnlyList<OrchestrationHistoryEvent>?> GetHistoryAsync(
        string instanceId, CancellationToken cancellationToken = default)
    {
        if (await GetInstanceAsync(instanceId, cancellationToken) is null)
        {
            return null;
        }

        try
        {
            IEnumerable<Core.History.HistoryEvent> history =
                await _scheduler.CallAsync(token => inner.GetOrchestrationHistoryAsync(instanceId, token), cancellationToken);
            return [.. history.Select(DurableHistory.Translate)];
        }
        catch (Exception e) when (e is NotSupportedException or RpcException { StatusCode: StatusCode.Unimplemented })
        {
            return [];
        }
    }

    private async Task SendUnlessCompletedAsync(string instanceId, Func<CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(instanceId, cancellationToken)).IsCompleted)
        {
            await _scheduler.CallAsync(send, cancellationToken);
        }
    }

    private async Task<OrchestrationMetadata> FindAsync(string instanceId, CancellationToken cancellationToken) =>
        await GetInstanceAsync(instanceId, cancellationToken) ?? throw new OrchestrationNotFoundException(instanceId);

    // The output of an instance that has failed or was terminated tells why, in plain text where its provider keeps no details.
    private static OrchestrationMetadata Translate(Client.OrchestrationMetadata found)
    {
        OrchestrationRuntimeStatus status = Translate(found.RuntimeStatus);
        string? output = found.SerializedOutput;
        return new OrchestrationMetadata
        {
            Name = found.Name,
            InstanceId = found.InstanceId,
            RuntimeStatus = status,
            CreatedAt = found.CreatedAt,
            LastUpdatedAt = found.LastUpdatedAt,
            Generation = found.Tags.TryGetValue(GenerationTag, out string? tag)
                && int.TryParse(tag, CultureInfo.InvariantCulture, out int generation) ? generation : 1,
            Tags = found.Tags.Where(static t => t.Key != GenerationTag).ToDictionary(StringComparer.Ordinal),
            SerializedInput = DurablePayloads.NothingIfNull(found.SerializedInput),
            SerializedOutput = status == OrchestrationRuntimeStatus.Completed ? DurablePayloads.NothingIfNull(output) : null,
            SerializedCustomStatus = DurablePayloads.JsonOrNull(found.SerializedCustomStatus),
            FailureDetails = status switch
            {
                OrchestrationRuntimeStatus.Terminated => DurableFailures.OfTermination(output),
                OrchestrationRuntimeStatus.Failed when found.FailureDetails is null => DurableFailures.WithoutDetails(output),
                _ => found.FailureDetails is { } failure ? DurableFailures.Translate(failure) : null,
            },
        };
    }

    private static OrchestrationRuntimeStatus Translate(Client.OrchestrationRuntimeStatus status) =>
        Enum.TryParse(status.ToString(), out OrchestrationRuntimeStatus ours)
            ? ours
            : OrchestrationRuntimeStatus.Running; // ContinuedAsNew, for a moment.
}
