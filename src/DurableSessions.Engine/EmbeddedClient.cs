using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine;

/// <summary>The client of the embedded engine: talks to the workers of its own host in memory, and to all others through storage.</summary>
internal sealed partial class EmbeddedClient(EngineParts engine) : OrchestrationClient
{
    private const int Attempts = 20;
    private const int Lanes = 64;

    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(5);

    private readonly InstanceScheduler _scheduler = new(engine);
    private readonly InstanceListing _listing = new(engine.Store);

    // Messages of this host for one instance do not compete with each other; an instance always has the same lane.
    private readonly SemaphoreSlim[] _lanes = [.. Enumerable.Range(0, Lanes).Select(static _ => new SemaphoreSlim(1))];

    public override async Task<OrchestrationMetadata> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(orchestratorName);
        options ??= new StartOrchestrationOptions();
        string id = options.InstanceId ?? Guid.CreateVersion7().ToString("N");
        Check(id);
        using CancellationTokenSource linked = Linked(cancellationToken);
        DateTimeOffset now = engine.Time.GetUtcNow();
        var instance = new InstanceDocument
        {
            Name = orchestratorName,
            Id = id,
            Status = OrchestrationRuntimeStatus.Pending,
            Input = Payloads.Write(input, "input of the orchestration", EngineLimits.PayloadBytes),
            Created = now,
            Updated = now,
            WriteId = EngineParts.NewWriteId(),
            History = [new HistoryEntry { Type = HistoryEventType.ExecutionStarted, Time = now, Name = orchestratorName }],
        };
        bool isFresh = options.InstanceId is null || options.IsFreshId;
        return (await _scheduler.ScheduleAsync(instance, isFresh, options, linked.Token)).ToMetadata();
    }

    public override async Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        bool runsHere = engine.Loaded.TryFind(instanceId, out _);
        DateTimeOffset? noted = engine.Due.Find(instanceId);
        InstanceView view = await engine.Store.ViewAsync(instanceId, linked.Token);
        NoteInterest(instanceId, view, noted, runsHere || engine.Loaded.TryFind(instanceId, out _));
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
                engine.Due.Remove(id, noted);
            }
        }
        else if (!runsHere && InstanceHeader.From(live.Document).ClaimableFrom is { } from)
        {
            engine.Due.Add(id, from);
        }
    }

    public override async Task<OrchestrationMetadata> WaitForInstanceAsync(
        string instanceId, Func<OrchestrationMetadata, bool> predicate, CancellationToken cancellationToken)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        using InstanceWatches.Watch watch = engine.Watches.Open(instanceId);
        TimeSpan look = FirstLook;
        while (true)
        {
            bool here = engine.Loaded.TryFind(instanceId, out InstanceWorker? worker);
            OrchestrationMetadata seen = worker?.Snapshot
                ?? await GetInstanceAsync(instanceId, linked.Token)
                ?? throw new OrchestrationNotFoundException(instanceId);
            while (true)
            {
                if (predicate(seen))
                {
                    return seen;
                }

                OrchestrationMetadata? told = await NextAsync(watch, here ? LongestLook : look, linked.Token);
                if (told is null)
                {
                    break;
                }

                here = true;
                seen = told;
            }

            look = look * 2 < LongestLook ? look * 2 : LongestLook;
        }
    }

    public override async Task<bool> RaiseEventAsync(
        string instanceId, string eventName, object? payload = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return await SendAsync(instanceId, InstanceMessages.Event(eventName, payload, engine.Time.GetUtcNow()), cancellationToken);
    }

    public override Task TerminateInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendAsync(instanceId, InstanceMessages.Control(HistoryEventType.ExecutionTerminated, reason, engine.Time.GetUtcNow()), cancellationToken);

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendAsync(instanceId, InstanceMessages.Control(HistoryEventType.ExecutionSuspended, reason, engine.Time.GetUtcNow()), cancellationToken);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendAsync(instanceId, InstanceMessages.Control(HistoryEventType.ExecutionResumed, reason, engine.Time.GetUtcNow()), cancellationToken);

    public override async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);

        // Finished first: what is found there, and nothing live after it, has ended, and that is what is deleted.
        StoredInstance? finished = await engine.Store.FindFinishedAsync(instanceId, linked.Token);
        if (finished is null || await engine.Store.ViewAsync(instanceId, linked.Token) is not { Live: null } view)
        {
            return false;
        }

        // Without its finished blob a ghost would be taken for an instance.
        return (view.Ghost is not { } ghost
                || await engine.Store.DeleteActiveAsync(instanceId, ghost.ETag, engine.Store.ClientDeadline, linked.Token) != DeleteResult.Changed)
            && await engine.Store.DeleteFinishedAsync(instanceId, finished.ETag, engine.Store.ClientDeadline, linked.Token) != DeleteResult.Changed;
    }

    public override async Task<OrchestrationPage> ListInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource linked = Linked(cancellationToken);
        return await _listing.ListAsync(query, linked.Token);
    }

    public override async Task<IReadOnlyList<OrchestrationHistoryEvent>?> GetHistoryAsync(
        string instanceId, CancellationToken cancellationToken = default)
    {
        Check(instanceId);
        using CancellationTokenSource linked = Linked(cancellationToken);
        InstanceDocument? instance = (await engine.Store.ViewAsync(instanceId, linked.Token)).Current;
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

    // Records a message: through the worker where this host runs the instance, otherwise by a compare-and-swap on its
    // blob, which also claims it where nobody runs it. False: the instance was over.
    private async Task<bool> SendAsync(string id, HistoryEntry message, CancellationToken cancellationToken)
    {
        Check(id);
        using CancellationTokenSource linked = Linked(cancellationToken);
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (engine.Loaded.TryFind(id, out InstanceWorker? worker))
            {
                Delivery delivery = await worker.Mailbox.DeliverAsync(message, linked.Token);
                if (delivery != Delivery.NotHere)
                {
                    return delivery == Delivery.Accepted;
                }
            }

            if (await SendThroughStorageAsync(id, message, linked.Token) is { } sent)
            {
                return sent;
            }

            await Backoff.WaitAsync(attempt, engine.Time, linked.Token);
        }

        throw new TimeoutException($"Instance '{id}' changed {Attempts} times while a message was sent to it.");
    }

    // Null: somebody else was first.
    private async Task<bool?> SendThroughStorageAsync(string id, HistoryEntry message, CancellationToken cancellationToken)
    {
        SemaphoreSlim lane = _lanes[(uint)id.GetHashCode(StringComparison.Ordinal) % Lanes];
        await lane.WaitAsync(cancellationToken);
        try
        {
            if (engine.Loaded.TryFind(id, out _))
            {
                return null;
            }

            InstanceView view = await engine.Store.ViewAsync(id, cancellationToken);
            return view.Live is not { } live ? view.Finished?.Document.Holds(message.MessageId!) ?? throw new OrchestrationNotFoundException(id)
                : live.Document.Holds(message.MessageId!)
                    || !InstanceMessages.Matters(live.Document, message)
                    || await AppendAsync(live, message, cancellationToken) ? true
                : null;
        }
        finally
        {
            lane.Release();
        }
    }

    private async Task<bool> AppendAsync(StoredInstance live, HistoryEntry message, CancellationToken cancellationToken)
    {
        DateTimeOffset now = engine.Time.GetUtcNow();
        InstanceDocument before = live.Document;
        InstanceDocument appended = before with { Inbox = [.. before.Inbox, message], WriteId = EngineParts.NewWriteId() };
        bool isFree = before.Owner is null || before.OwnedUntil <= now;
        bool claim = isFree && engine.Loaded.TryReserve(appended);
        bool runs = false;
        try
        {
            appended = claim ? engine.Claim(appended)
                : isFree ? appended with { Owner = null, OwnedUntil = null, NextDue = now }
                : appended;
            WriteResult result = await engine.Store.ReplaceAsync(appended, live.ETag, engine.Store.ClientDeadline, cancellationToken);
            if (result.Written is { } etag && claim)
            {
                engine.Log.LogInformation("Instance {InstanceId} ({Orchestrator}) is claimed for {Message}", before.Id, before.Name, message.Type);
                engine.Loaded.Run(new StoredInstance(appended, etag), null);
                runs = true;
            }
            else if (result.Written is not null && isFree)
            {
                engine.Due.Add(before.Id, now);
            }

            return result.Written is not null || result.Found?.Document.Holds(message.MessageId!) == true;
        }
        finally
        {
            if (claim && !runs)
            {
                engine.Loaded.Release();
            }
        }
    }

    // What a worker tells next; null: it is time to look in storage.
    private async Task<OrchestrationMetadata?> NextAsync(InstanceWatches.Watch watch, TimeSpan look, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(look, engine.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await watch.Told.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private CancellationTokenSource Linked(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(engine.Gone.IsCancellationRequested, typeof(EmbeddedEngine));
        return CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, engine.Gone.Token);
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
