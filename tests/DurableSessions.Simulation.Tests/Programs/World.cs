using System.Collections.Concurrent;
using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Simulation.Tests.Model;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>What one program runs in: a container, its hosts as long as each lives, and what its clients know.</summary>
internal sealed class World : IAsyncDisposable
{
    public const int MaxHosts = 3;
    public const int MaxSessions = 3;
    public static readonly UserKey Owner = new("acme", "ada");

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromMinutes(5);

    private readonly SimulatedCluster _storage;
    private readonly BlobContainerClient _container;
    private readonly Script _script;
    private readonly SessionOptions _options;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly LivingHost?[] _hosts = new LivingHost?[MaxHosts];
    private readonly ConcurrentQueue<LivingHost> _all = new();
    private readonly ConcurrentQueue<RandomFaults> _faults = new();
    private readonly ArrivesLate _late = new();
    private readonly ConcurrentQueue<string> _notes = new();
    private readonly Lock _lock = new();
    private readonly List<string> _tasks = [];
    private readonly List<CommitKey> _keys = [];
    private readonly List<(string Task, Attempt Attempt)> _cancellations = [];
    private readonly Dictionary<string, long> _retried = [];

    private World(SimulatedCluster storage, BlobContainerClient container, Script script)
    {
        _storage = storage;
        _container = container;
        _script = script;
        _options = new SessionOptions
        {
            BlocksPerSegment = 4,
            // Late copies may arrive as long as the tombstone is there; without any it may go soon.
            TombstoneRetention = !script.HasLateRequests ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromHours(1),
            Semantic = new SemanticPolicy
            {
                MaxAttempts = 2,
                FirstRetryInterval = TimeSpan.FromMilliseconds(5),
                FallBack = script.FallsBack,
            },
        };
        Sessions = [.. Enumerable.Range(0, MaxSessions).Select(n => new SessionModel(Owner.Session($"s{n}"), Clock, script.FallsBack))];
    }

    public static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public Clock Clock { get; } = new();

    public IReadOnlyList<SessionModel> Sessions { get; }

    /// <summary>Runs a program, and looks at everything when it is over.</summary>
    public static Task<ScheduledRun> RunAsync(Script script, Schedule schedule) => SimulatedCluster.RunAsync(schedule, async cluster =>
    {
        await using var world = new World(cluster, await cluster.NewContainerAsync(), script);
        try
        {
            foreach (Operation[] step in script.Steps)
            {
                await Task.WhenAll(step.Select(o => Task.Run(() => o.RunAsync(world), Cancelled)));
            }

            await world.EndAsync();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}{Environment.NewLine}{world}", e);
        }
    });

    /// <summary>Asks a host, a fresh one where it has died. Default: it did not answer, and what was asked may be done or not.</summary>
    public async Task<T?> AskAsync<T>(int number, Func<Host, Task<T>> ask)
    {
        LivingHost living = await FindAsync(number);
        Task<T> asked = ask(living.Host);
        if (await Task.WhenAny(asked, living.Died, living.Host.Faults.Stopped).WaitAsync(RequestTimeout, _storage.Time) != asked)
        {
            _ = asked.ContinueWith(static t => t.Exception, TaskScheduler.Default);
            return default;
        }

        try
        {
            return await asked;
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or ContentionException or IOException
            or OperationCanceledException or TimeoutException || (e is ObjectDisposedException && living.IsLeaving))
        {
            Note(e);
            return default;
        }
    }

    public async Task KillAsync(int number, int after, LastRequest last)
    {
        LivingHost living = await FindAsync(number);
        FaultTransport faults = living.Host.Faults;
        int at = faults.Requests + after;
        if (after == 0)
        {
            await living.KillAsync();
        }
        else if (last == LastRequest.ArrivesLate)
        {
            faults.AtRequest(at, _late).StopTheWorldAt(at + 1);
        }
        else
        {
            faults.StopTheWorldAt(at, carriesOutTheLast: last == LastRequest.CarriedOut);
        }
    }

    public async Task LoseAsync(int number, int after, TimeSpan wait)
    {
        FaultTransport faults = (await FindAsync(number)).Host.Faults;
        faults.AtRequest(faults.Requests + after, new LosesAnswer(wait, _storage.Time));
    }

    public async Task StopAsync(int number)
    {
        LivingHost living = await FindAsync(number);
        living.IsLeaving = true;
        await Task.WhenAny(living.Host.StopAsync(), living.Died, living.Host.Faults.Stopped);
    }

    public async Task DeliverCopiesAsync()
    {
        await _late.DeliverAsync();
        foreach (RandomFaults faults in _faults)
        {
            await faults.DeliverCopiesAsync();
        }
    }

    public void Accepted(CommitTask? task)
    {
        lock (_lock)
        {
            if (task is not null && !_tasks.Contains(task.TaskId))
            {
                _tasks.Add(task.TaskId);
            }
        }
    }

    public Attempt Cancelling(string task)
    {
        lock (_lock)
        {
            var attempt = new Attempt(Clock.Next());
            _cancellations.Add((task, attempt));
            return attempt;
        }
    }

    /// <summary>A task was started again, by a request sent then: what cancels it from now on was asked for since.</summary>
    public void Retried(string task, long start)
    {
        lock (_lock)
        {
            _retried[task] = Math.Max(start, _retried.GetValueOrDefault(task));
        }
    }

    public string? FindTask(int choice)
    {
        lock (_lock)
        {
            return _tasks.Count == 0 ? null : _tasks[^((choice % _tasks.Count) + 1)];
        }
    }

    public CommitKey InventKey(SessionModel session, int keepRecent)
    {
        lock (_lock)
        {
            var key = new CommitKey(session, Words.Key($"commit-{_keys.Count.ToString(CultureInfo.InvariantCulture)}"), keepRecent);
            _keys.Add(key);
            return key;
        }
    }

    public CommitKey? FindKey(int choice)
    {
        lock (_lock)
        {
            return _keys.Count == 0 ? null : _keys[^((choice % _keys.Count) + 1)];
        }
    }

    /// <summary>Keeps the errors that clients got, for failure messages.</summary>
    public void Note(Exception e) => _notes.Enqueue($"{e.GetType().Name} {e.Message.Split('\n')[0]}");

    public override string ToString() =>
        $"Errors at clients: {string.Join("; ", _notes)}{Environment.NewLine}"
        + string.Join(Environment.NewLine, _all.Select(static h => $"{h.Host.Faults}"));

    public ValueTask DisposeAsync()
    {
        foreach (LivingHost living in _all)
        {
            living.Host.Dispose();
        }

        _starting.Dispose();
        return ValueTask.CompletedTask;
    }

    // Nothing fails any more: every accepted commit ends, and then a host that has seen nothing must find everything.
    private async Task EndAsync()
    {
        foreach (LivingHost living in _all)
        {
            await living.KillAsync();
        }

        using Host last = await Host.RunAsync(_storage, _container.Name, _options);
        await last.EndAllAsync();
        if (_script.HasLateRequests)
        {
            await Task.WhenAll(Sessions.Where(static s => s.IsKnown).Select(s => ReadAsync(last, s)));
        }

        await DeliverCopiesAsync();
        _storage.LetAllArrive();
        IReadOnlyList<CommitTask> tasks = await last.EndAllAsync();
        Check(tasks);

        // It only reads: its engine has nothing to do.
        using Host fresh = await Host.StartAsync(_storage, _container.Name, _options);
        foreach (SessionModel session in Sessions.Where(static s => s.IsKnown))
        {
            long start = Clock.Next();
            try
            {
                Look look = await Look.AtAsync(fresh.Store, session.Key, Clock);
                session.CheckThere(start);
                session.Check(look);
                Audit audit = await fresh.AuditAsync(session.Key);
                session.Check(start, audit.Info);
                Check(session, tasks, audit, look);
            }
            catch (SessionNotFoundException)
            {
                session.CheckGone(start);
            }
        }
    }

    private async Task ReadAsync(Host host, SessionModel session)
    {
        long start = Clock.Next();
        try
        {
            session.Check(await Look.AtAsync(host.Store, session.Key, Clock));
        }
        catch (SessionNotFoundException)
        {
            session.CheckGone(start);
        }
    }

    private void Check(IReadOnlyList<CommitTask> tasks)
    {
        foreach (CommitTask task in tasks.Where(static t => t.Status == CommitTaskStatus.Cancelled && t.Output?.IsSessionDeleted != true))
        {
            Violation.Unless(
                _cancellations.Exists(c => c.Task == task.TaskId && c.Attempt.End > _retried.GetValueOrDefault(task.TaskId)),
                $"Task {task.TaskId} is cancelled, which was not asked for since it was retried");
        }
    }

    private static void Check(SessionModel session, IReadOnlyList<CommitTask> tasks, Audit audit, Look look)
    {
        Violation.Unless(audit.Info.PendingArchives.Count == 0, $"{session.Key.Id} has pending archives, though every task is over");
        Violation.Unless(
            audit.Everything.SequenceEqual(look.Messages.Select(static m => m.Text)),
            $"{session.Key.Id} is [{string.Join(' ', audit.Everything)}] or {look}");
        Violation.Unless(
            audit.Archives.DistinctBy(static a => a.TaskId).Count() == audit.Archives.Count,
            $"{session.Key.Id} has two archives of one task");
        foreach (Archived archive in audit.Archives)
        {
            CommitTask? task = tasks.FirstOrDefault(t => t.TaskId == archive.TaskId);
            Violation.Unless(
                task is not null && task.ArchiveNumber == archive.Number,
                $"Archive {archive.Number} of {session.Key.Id} was made by {archive.TaskId}, which says {task?.ArchiveNumber}");
            Violation.Unless(
                task!.Status != CommitTaskStatus.Completed || archive.State is ArchiveState.Covered or ArchiveState.Degraded,
                $"Archive {archive.Number} of {session.Key.Id} is {archive.State}, and its task completed");
        }
    }

    private async Task<LivingHost> FindAsync(int number)
    {
        await _starting.WaitAsync(Cancelled);
        try
        {
            if (_hosts[number] is { IsThere: true } living)
            {
                return living;
            }

            if (_hosts[number] is { IsLeaving: false } dead)
            {
                await dead.KillAsync();
            }

            int seed = (_script.FaultSeed * 1_000) + _all.Count;
            var faults = new RandomFaults(seed, _script.FaultsPerMille / 1_000.0, maxFaults: 20);
            _faults.Enqueue(faults);
            Host host = await Host.RunAsync(_storage, _container.Name, _options, Digest(seed), faults);
            living = new LivingHost(host);
            _hosts[number] = living;
            _all.Enqueue(living);
            return living;
        }
        finally
        {
            _starting.Release();
        }
    }

    private FakeProcessor Digest(int seed)
    {
        int calls = 0;
        return new FakeProcessor
        {
            Adds = $"~{seed}",
            Before = async cancellationToken =>
            {
                var random = new Random(unchecked((seed * 486187739) + Interlocked.Increment(ref calls)));
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(30)), _storage.Time, cancellationToken);
                if (random.Next(10) < _script.FailedDigests)
                {
                    throw new IOException("The model is away.");
                }
            },
        };
    }
}
