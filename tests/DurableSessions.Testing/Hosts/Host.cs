using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Appending;
using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Deletion;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Purging;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Orchestration;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Testing;

/// <summary>
/// One host: a store and an engine of its own, with clients, memory, faults and a request log of their own. The engine is not
/// started unless a test says so: then steps of a commit are run one by one, as an engine would call them.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Reliability", "CA2213", Justification = "It is killed: a host of a test ends like a process.")]
internal sealed class Host : IDisposable
{
    private readonly AsyncServiceScope _services;
    private readonly OrchestrationRegistry _registry;
    private readonly EmbeddedEngine _engine;
    private readonly ReplaceableClient _storeClient;
    private readonly TimeProvider _time;

    private Host(
        SessionStorage storage, FaultTransport faults, RequestLog log, SessionOptions options, FakeProcessor processor,
        EngineOptions engine, TimeProvider time, MergeSchedule merges)
    {
        _time = time;
        Faults = faults;
        Log = log;
        Processor = processor;
        _services = HostScopes.Create(new HostParts(storage, processor, Fallback, options, engine, time) { Merges = merges });
        IServiceProvider services = _services.ServiceProvider;
        Store = services.GetRequiredService<SessionStore>();
        Cache = services.GetRequiredService<HostCache>();
        _registry = services.GetRequiredService<OrchestrationRegistry>();
        _engine = services.GetRequiredService<EmbeddedEngine>();
        _storeClient = (ReplaceableClient)services.GetRequiredService<OrchestrationClient>();
    }

    /// <summary>Engines that notice soon that another one has died.</summary>
    public static EngineOptions Quick { get; } = new() { Ownership = TimeSpan.FromSeconds(1), SweepInterval = TimeSpan.FromSeconds(5) };

    /// <summary>Engines for days of simulated time: with as few requests in between as a host can do with.</summary>
    public static EngineOptions Seldom { get; } = new() { SweepInterval = TimeSpan.FromHours(12) };

    public FakeProcessor Fallback { get; } = new() { Name = "fallback", FindsMemories = false };

    public OrchestrationClient Client => _engine.Client;

    /// <summary>What the store uses in place of the engine's client.</summary>
    public OrchestrationClient? StoreClient
    {
        get => _storeClient.Replacement;
        set => _storeClient.Replacement = value;
    }

    public SessionStore Store { get; }

    public HostCache Cache { get; }

    public FaultTransport Faults { get; }

    public RequestLog Log { get; }

    /// <summary>Its clock.</summary>
    public TimeProvider Time => _time;

    public FakeProcessor Processor { get; }

    /// <summary>For the end of a commit, on this host's clock.</summary>
    private static TimeSpan Longest { get; } = TimeSpan.FromMinutes(2);

    private TimeSpan Silence { get; init; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<Host> StartAsync(
        StorageFixture fixture, string container, SessionOptions? options = null, FakeProcessor? processor = null,
        RandomFaults? random = null, TimeSpan? networkTimeout = null, EngineOptions? engine = null, TimeProvider? time = null,
        MergeSchedule? merges = null)
    {
        var faults = new FaultTransport(random);
        var log = new RequestLog();
        SessionStorage storage = networkTimeout is not { } timeout
            ? await fixture.ConnectHostAsync(container, faults, log)
            : await fixture.ConnectAsync(container, o =>
            {
                faults.Configure(o);
                log.Configure(o);
                o.Retry.NetworkTimeout = timeout;
            });
        return new Host(
            storage, faults, log, options ?? new SessionOptions(), processor ?? new FakeProcessor(), engine ?? Quick,
            time ?? fixture.Time, merges ?? MergeSchedule.Never)
        {
            Silence = fixture.Silence,
        };
    }

    /// <summary>A host whose engine runs.</summary>
    public static async Task<Host> RunAsync(
        StorageFixture fixture, string container, SessionOptions? options = null, FakeProcessor? processor = null,
        RandomFaults? random = null, EngineOptions? engine = null, MergeSchedule? merges = null)
    {
        Host host = await StartAsync(fixture, container, options, processor, random, engine: engine, merges: merges);
        await host._engine.StartAsync(Cancelled);
        return host;
    }

    /// <summary>Ends the process, as far as storage can tell.</summary>
    public Task KillAsync()
    {
        Faults.StopTheWorldAt(0);
        return _engine.KillAsync();
    }

    /// <summary>Stops as on a deployment: what runs here is given back.</summary>
    public Task StopAsync() => _engine.StopAsync(Cancelled);

    public async Task<CommitTask> CommitAsync(SessionKey key, int keepRecent = 0, IdempotencyKey? idempotencyKey = null)
    {
        CommitAnswer answer = await Store.Commits.CommitAsync(
            key, new CommitRequest { KeepRecentCount = keepRecent, IdempotencyKey = idempotencyKey }, Cancelled);
        return answer.Task ?? throw new InvalidOperationException($"Skipped: {answer.SkipReason}");
    }

    /// <summary>Commits, and waits until that is over.</summary>
    public async Task<CommitTask> CommitToEndAsync(SessionKey key, int keepRecent = 0, IdempotencyKey? idempotencyKey = null) =>
        await EndOfAsync(key, (await CommitAsync(key, keepRecent, idempotencyKey)).TaskId);

    /// <summary>Waits until the requests that follow the end of an instance have been made.</summary>
    public async Task QuietAsync()
    {
        for (int before = -1; before != Log.Count;)
        {
            before = Log.Count;
            await Task.Delay(Silence, _time, Cancelled);
        }
    }

    /// <summary>Purges, where it is this host's turn. How many instances; <see langword="null"/>: it is not.</summary>
    public Task<int?> PurgeAsync() => _services.ServiceProvider.GetRequiredService<Purge>().RunAsync(Cancelled);

    /// <summary>As <see cref="PurgeAsync"/>, and waits for what that has started.</summary>
    public async Task PurgeToEndAsync()
    {
        await PurgeAsync();
        await QuietAsync();
    }

    /// <summary>Waits until a task is over.</summary>
    public async Task<CommitTask> EndOfAsync(SessionKey key, string taskId)
    {
        await Client.WaitForInstanceCompletionAsync(taskId, Cancelled).WaitAsync(Longest, _time, Cancelled);
        return await Store.Tasks.GetAsync(key.Owner, taskId, Cancelled);
    }

    /// <summary>Waits until every task of a user, or of one session, is over, those that come meanwhile included. The tasks.</summary>
    public async Task<IReadOnlyList<CommitTask>> EndAllAsync(string account = "acme", string user = "ada", string? session = null)
    {
        var over = new Dictionary<string, CommitTask>();
        for (bool mayBeNew = true; mayBeNew;)
        {
            mayBeNew = false;
            var all = new CommitTaskQuery { Limit = 200, Session = session };
            foreach (CommitTask task in await Store.Tasks.ListAsync(new UserKey(account, user), all, Cancelled))
            {
                if (!over.ContainsKey(task.TaskId))
                {
                    over[task.TaskId] = task.IsOver ? task : await EndOfAsync(task.Session, task.TaskId);
                    mayBeNew |= !task.IsOver;
                }
            }
        }

        return [.. over.Values];
    }

    /// <summary>Waits until a task is in a stage.</summary>
    public Task StageAsync(string taskId, string stage) => Client.WaitForInstanceAsync(
        taskId, m => m.SerializedCustomStatus?.Contains($"\"{stage}\"", StringComparison.Ordinal) == true, Cancelled)
        .WaitAsync(Longest, _time, Cancelled);

    public Task<AppendResult> AppendAsync(SessionKey key, params string[] texts) => AppendAsync(key, null, texts);

    public Task<AppendResult> AppendAsync(SessionKey key, IdempotencyKey? idempotencyKey, params string[] texts) =>
        Store.Sessions.AppendAsync(key, [.. texts.Select(static t => Words.Message(t))], idempotencyKey, Cancelled);

    /// <summary>The first step of a deletion, of the session as the commit knew it.</summary>
    public async Task DeleteAsync(CommitInput commit) =>
        await RunAsync(DeleteNames.SetTombstone, commit, new DeleteInput(commit.Session, commit.Incarnation));

    /// <summary>The second step of a deletion, of the session as the commit knew it.</summary>
    public async Task DeleteBlobsAsync(CommitInput commit) =>
        await RunAsync(DeleteNames.DeleteBlobs, commit, new DeleteInput(commit.Session, commit.Incarnation));

    public Task<Audit> AuditAsync(SessionKey key) => Audit.OfAsync(Store, key);

    /// <summary>A commit as it is accepted; no engine runs it.</summary>
    public async Task<CommitInput> AcceptAsync(SessionKey key, string commitId, int keepRecent = 0) => new()
    {
        Session = key,
        Incarnation = await Store.Sessions.IncarnationAsync(key, Cancelled),
        CommitId = new CommitId(commitId),
        KeepRecentCount = keepRecent,
        Semantic = new SemanticPolicy(),
    };

    /// <summary>A commit whose archive is cleared from live and not digested yet; no engine runs it.</summary>
    public async Task<CommitInput> ClearAsync(SessionKey key, string commitId)
    {
        CommitInput commit = await AcceptAsync(key, commitId);
        await ClearLiveAsync(commit, await ArchiveToTempAsync(commit));
        return commit;
    }

    public async Task<CommitProgress> ArchiveToTempAsync(CommitInput commit) =>
        (CommitProgress)(await RunAsync(CommitNames.ArchiveToTemp, commit, commit))!;

    public async Task<CommitProgress> ClearLiveAsync(CommitInput commit, CommitProgress staged) =>
        (CommitProgress)(await RunAsync(CommitNames.ClearLive, commit, new ClearInput(commit, staged.Counts!)))!;

    public async Task<SemanticOutcome> SemanticProcessAsync(CommitInput commit, bool fallback = false) =>
        (SemanticOutcome)(await RunAsync(CommitNames.SemanticProcess, commit, new SemanticInput(commit, fallback)))!;

    public async Task<CommitProgress> SwitchAsync(CommitInput commit, SemanticOutcome outcome, CancellationToken? cancellation = null) =>
        (CommitProgress)(await RunAsync(CommitNames.Switch, commit, new SwitchInput(commit, outcome), cancellation))!;

    /// <summary>One archive is digested again, as its orchestration does; no engine runs it.</summary>
    public async Task<DigestAgainProgress> DigestAgainAsync(SessionKey key)
    {
        CommitInput session = await AcceptAsync(key, "again");
        return (DigestAgainProgress)(await RunAsync(
            CommitNames.DigestAgain, session, new DigestAgainInput(key, session.Incarnation)))!;
    }

    /// <summary>Waits until what digests a session again is over. What came of it; <see langword="null"/>: it was not started.</summary>
    public async Task<DigestAgainOutput?> EndOfDigestingAgainAsync(SessionKey key)
    {
        string instance = new DigestAgainInput(key, await Store.Sessions.IncarnationAsync(key, Cancelled)).InstanceId;
        if (await Client.GetInstanceAsync(instance, Cancelled) is null)
        {
            return null;
        }

        OrchestrationMetadata ended = await Client.WaitForInstanceCompletionAsync(instance, Cancelled)
            .WaitAsync(TimeSpan.FromMinutes(5), _time, Cancelled);
        return JsonSerializer.Deserialize<DigestAgainOutput>(ended.SerializedOutput!, OrchestrationJson.Options);
    }

    /// <summary>Starts to merge the segments of a user's index, and waits until that is over.</summary>
    public async Task MergeToEndAsync(UserKey user)
    {
        await _services.ServiceProvider.GetRequiredService<Merges>().StartAsync(user, Cancelled);
        await EndOfMergingAsync(user);
    }

    /// <summary>Waits until merging, where it was started, is over.</summary>
    public async Task<OrchestrationMetadata?> EndOfMergingAsync(UserKey user)
    {
        string instance = MergeInput.InstanceIdOf(user);
        return await Client.GetInstanceAsync(instance, Cancelled) is null
            ? null
            : await Client.WaitForInstanceCompletionAsync(instance, Cancelled).WaitAsync(TimeSpan.FromMinutes(5), _time, Cancelled);
    }

    /// <summary>What merges this host's segments; no engine runs it.</summary>
    public IndexMerger Merger => _services.ServiceProvider.GetRequiredService<IndexMerger>();

    /// <summary>Asks for a change of an archive's digest, and waits until that is over.</summary>
    public async Task<DigestTask> DigestToEndAsync(SessionKey key, int number, DigestRequest request)
    {
        DigestTask task = await Store.Digests.StartAsync(key, number, request, Cancelled);
        return await Store.Digests.WaitAsync(key.Owner, task.TaskId, Cancelled).WaitAsync(TimeSpan.FromMinutes(5), _time, Cancelled);
    }

    /// <summary>The last step of such a change, as its orchestration does it; no engine runs it.</summary>
    public async Task<DigestArchiveOutput> ChangeDigestAsync(DigestArchiveInput input) =>
        (DigestArchiveOutput)(await RunAsync(CommitNames.ChangeDigest, await AcceptAsync(input.Session, "change"), input))!;

    /// <summary>The step before it.</summary>
    public async Task<string?> DigestArchiveAsync(DigestArchiveInput input) =>
        (string?)await RunAsync(CommitNames.DigestArchive, await AcceptAsync(input.Session, "change"), input);

    /// <summary>Begins something on this host, and holds one of the requests that it makes.</summary>
    /// <param name="request">Which, from 1.</param>
    /// <param name="begin">What is begun.</param>
    /// <returns>What runs, and what is held of it; <see langword="null"/>: it made fewer requests, and is done.</returns>
    public async Task<(Task<T> Running, HoldsRequest Held)?> HoldAsync<T>(int request, Func<Task<T>> begin)
    {
        var held = new HoldsRequest();
        Faults.AtRequest(Faults.Requests + request, held);
        Task<T> running = begin();
        if (await Task.WhenAny(running, held.Arrived) != running)
        {
            return (running, held);
        }

        await running;
        return null;
    }

    /// <summary>Has something else happen while one request of this host is held; where it sends fewer, once it is done.</summary>
    /// <param name="request">Which request, from the first that this begins with.</param>
    /// <param name="begin">What this host does.</param>
    /// <param name="meanwhile">What happens meanwhile.</param>
    public async Task WhileHeldAsync(int request, Func<Task> begin, Func<Task> meanwhile)
    {
        var held = new HoldsRequest();
        Faults.AtRequest(request, held);
        Task running = begin();
        bool isHeld = await Task.WhenAny(held.Arrived, running) != running;
        if (!isHeld)
        {
            held.Forget();
        }

        await meanwhile();
        await (isHeld ? held.ReleaseAsync() : Task.CompletedTask);
        await running;
    }

    /// <summary>Old archives are deleted, as their orchestration does; no engine runs it.</summary>
    public async Task<ExpireArchivesProgress> DeleteArchivesAsync(ExpireArchivesInput input) =>
        (ExpireArchivesProgress)(await RunAsync(ExpireNames.DeleteArchives, await AcceptAsync(input.Session, "expire"), input))!;

    public async Task<CommitProgress> CancelAsync(CommitInput commit) =>
        (CommitProgress)(await RunAsync(CommitNames.CancelCommit, commit, new CancelInput(commit, null)))!;

    /// <summary>A look at a session that may be idle.</summary>
    public async Task<IdleCheck> CheckIdleAsync(CommitInput commit, int decidedCount)
    {
        var idle = new IdleInput(commit.Session, commit.Incarnation, decidedCount);
        return (IdleCheck)(await RunAsync(IdleNames.CheckIdle, commit, new IdleCheckInput(idle)))!;
    }

    /// <summary>All four steps, from the top, as after a crash that lost every checkpoint.</summary>
    public async Task<CommitProgress> CommitAsync(CommitInput commit)
    {
        CommitProgress staged = await ArchiveToTempAsync(commit);
        if (staged.Fate is not null)
        {
            return staged;
        }

        CommitProgress cleared = await ClearLiveAsync(commit, staged);
        return cleared.Fate is not null ? cleared : await SwitchAsync(commit, await SemanticProcessAsync(commit));
    }

    public void Dispose()
    {
        _ = DieAsync();

        async Task DieAsync()
        {
            await _engine.KillAsync();
            Faults.FailHanging();
            await _services.DisposeAsync();
        }
    }

    private Task<object?> RunAsync(string activity, CommitInput commit, object input, CancellationToken? cancellation = null) =>
        _registry.Activities[activity]().RunAsync(
            new TaskActivityContext(activity, commit.CommitId.Value, cancellation ?? Cancelled), input);
}
