using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine;

/// <summary>The client of the embedded engine: talks to the workers of its own host in memory, and to all others through storage.</summary>
internal sealed partial class EmbeddedClient(
    InstanceStore store,
    InstanceScheduler scheduler,
    MessageSender sender,
    InstanceListing listing,
    LoadedInstances loaded,
    DueQueue due,
    InstanceWatches watches,
    EngineLifetime lifetime,
    TimeProvider time) : OrchestrationClient
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(5);

    public override async Task<OrchestrationMetadata> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(orchestratorName);
        options ??= new StartOrchestrationOptions();
        string id = options.InstanceId ?? Guid.CreateVersion7().ToString("N");
        Check(id);
        using CancellationTokenSource linked = Linked(cancellationToken);
        DateTimeOffset now = time.GetUtcNow();
        var instance = new InstanceDocument
        {
            Name = orchestratorName,
            Id = id,
            Status = OrchestrationRuntimeStatus.Pending,
            Input = Payloads.Write(input, "input of the orchestration", EngineLimits.PayloadBytes),
            Created = now,
            Updated = now,
            WriteId = InstanceDocument.NewWriteId(),
            History = [new HistoryEntry { Type = HistoryEventType.ExecutionStarted, Time = now, Name = orchestratorName }],
        };
        bool isFresh = options.InstanceId is null || options.IsFreshId;
        return (await scheduler.ScheduleAsync(instance, isFresh, options, linked.Token)).ToMetadata();
    }

    public override async Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        bool runsHere = loaded.TryFind(instanceId, out _);
        DateTimeOffset? noted = due.Find(instanceId);
        InstanceView view = await store.ViewAsync(instanceId, linked.Token);
        NoteInterest(instanceId, view, noted, runsHere || loaded.TryFind(instanceId, out _));
        return view.Current?.ToMetadata();
    }

    // A caller cares for it: where its host has died or given it back, this one goes on, sooner than its next sweep. What runs
    // here, or did when storage was asked, is its worker's to note. What is over is not looked at again, unless it was noted
    // after storage was asked: then it may have been scheduled again.
    private void NoteInterest(string id, InstanceView view, DateTimeOffset? noted, bool runsHere)
    {
        if (view.Live is not { } live)
        {
            if (noted is not null && view.Ghost is null)
            {
                due.Remove(id, noted);
            }
        }
        else if (!runsHere && InstanceHeader.From(live.Document).ClaimableFrom is { } from)
        {
            due.Add(id, from);
        }
    }

    public override async Task<OrchestrationMetadata> WaitForInstanceAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        using InstanceWatches.Watch watch = watches.Open(instanceId);
        TimeSpan look = FirstLook;
        while (true)
        {
            bool here = loaded.TryFind(instanceId, out InstanceWorker? worker);
            OrchestrationMetadata seen = worker?.Snapshot
                ?? await GetInstanceAsync(instanceId, linked.Token)
                ?? throw new OrchestrationNotFoundException(instanceId);
            while (true)
            {
                if (predicate(seen))
                {
                    return seen;
                }

                OrchestrationMetadata? next = await NextAsync(watch, here ? LongestLook : look, linked.Token);
                if (next is null)
                {
                    break;
                }

                here = true;
                seen = next;
            }

            look = look * 2 < LongestLook ? look * 2 : LongestLook;
        }
    }

    public override async Task<bool> RaiseEventAsync(
        string instanceId, string eventName, object? payload = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return await SendAsync(instanceId, InstanceMessages.Event(eventName, payload, time.GetUtcNow()), cancellationToken);
    }

    public override Task TerminateInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendAsync(instanceId, InstanceMessages.Control(HistoryEventType.ExecutionTerminated, reason, time.GetUtcNow()), cancellationToken);

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendAsync(instanceId, InstanceMessages.Control(HistoryEventType.ExecutionSuspended, reason, time.GetUtcNow()), cancellationToken);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendAsync(instanceId, InstanceMessages.Control(HistoryEventType.ExecutionResumed, reason, time.GetUtcNow()), cancellationToken);

    public override async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);

        // Finished first: what is found there, and nothing live after it, has ended, and that is what is deleted.
        StoredInstance? finished = await store.FindFinishedAsync(instanceId, linked.Token);
        if (finished is null || await store.ViewAsync(instanceId, linked.Token) is not { Live: null } view)
        {
            return false;
        }

        // Without its finished blob a ghost would be taken for an instance.
        return (view.Ghost is not { } ghost
                || await store.DeleteActiveAsync(instanceId, ghost.ETag, store.ClientDeadline, linked.Token) != DeleteResult.Changed)
            && await store.DeleteFinishedAsync(instanceId, finished.ETag, store.ClientDeadline, linked.Token) != DeleteResult.Changed;
    }

    public override async Task<OrchestrationPage> ListInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource linked = Linked(cancellationToken);
        return await listing.ListAsync(query, linked.Token);
    }

    public override async Task<IReadOnlyList<OrchestrationHistoryEvent>?> GetHistoryAsync(
        string instanceId, CancellationToken cancellationToken = default)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        InstanceDocument? instance = (await store.ViewAsync(instanceId, linked.Token)).Current;
        return instance is null
            ? null
            : [.. instance.History.Concat(instance.Inbox).Select(e => new OrchestrationHistoryEvent(
                e.Type.ToString(),
                e.Time,
                e.Name,
                e.Type switch
                {
                    HistoryEventType.ExecutionStarted => instance.Input,
                    HistoryEventType.ExecutionCompleted => instance.Output,
                    _ => e.Payload,
                },
                e.Reason ?? e.Failure?.ErrorMessage)
            {
                TaskId = e.Task,
                FireAt = e.FireAt,
            })];
    }

    private async Task<bool> SendAsync(string id, HistoryEntry message, CancellationToken cancellationToken)
    {
        Check(id);
        using CancellationTokenSource linked = Linked(cancellationToken);
        return await sender.SendAsync(id, message, linked.Token);
    }

    // What a worker publishes next; null: it is time to look in storage.
    private async Task<OrchestrationMetadata?> NextAsync(InstanceWatches.Watch watch, TimeSpan look, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(look, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await watch.Published.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private CancellationTokenSource Linked(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(lifetime.Gone.IsCancellationRequested, typeof(EmbeddedEngine));
        return CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.Gone);
    }

    private static void Check(string id, [CallerArgumentExpression(nameof(id))] string? name = null)
    {
        if (!ValidId().IsMatch(id))
        {
            throw new ArgumentException("An instance id is 1 to 256 characters of A-Z a-z 0-9 - _ . @", name);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9\-_.@]{1,256}\z")]
    private static partial Regex ValidId();
}
