using System.Globalization;
using Azure.Core.Pipeline;
using DurableSessions.Core.Storage;

namespace DurableSessions.Testing;

/// <summary>
/// Hosts on one simulated storage and one simulated clock, of which a <see cref="Schedule"/> decides what happens next: everything
/// runs until it waits for storage or for time; then one request is let through, or the clock goes on to the next timer.
/// </summary>
/// <remarks>
/// For that the pool has one thread meanwhile, so no other test may run in the process. Hosts must take their time from
/// <see cref="Time"/>, and must not block a thread.
/// </remarks>
public sealed class SimulatedCluster : StorageFixture
{
    /// <summary>A run that takes more decisions, or more simulated time, does not end.</summary>
    private const int MaxDecisions = 50_000;

    /// <summary>How far the clock goes on while requests wait: a host is not away for longer than that.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan RequestTime = TimeSpan.FromMilliseconds(1);

    private readonly SimulatedTime _time;
    private readonly DateTimeOffset _began;
    private readonly RequestGate _gate;
    private int _connections;

    /// <summary>The most simulated time of the run.</summary>
    public TimeSpan MaxTime { get; set; } = TimeSpan.FromHours(24);

    private SimulatedCluster(SimulatedState? from)
    {
        _time = new SimulatedTime(from?.At);
        _began = _time.GetUtcNow();
        _gate = new RequestGate(from?.Storage.Copy(_time) ?? new SimulatedStorage(_time));
    }

    /// <inheritdoc/>
    public override TimeProvider Time => _time;

    /// <inheritdoc/>
    public override TimeSpan Silence { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Gives the pool its threads back. It keeps one after a run, for the next: tests that need more, and run after simulations in the same
    /// process, call this first.
    /// </summary>
    public static void Leave() => SingleThreadPool.Restore();

    /// <summary>Runs a test.</summary>
    /// <param name="schedule">Decides; of this run alone, where it has a seed.</param>
    /// <param name="test">What is run, on the only thread.</param>
    /// <param name="from">What storage has, and what time it is, when it begins; <see langword="null"/>: nothing.</param>
    /// <exception cref="ScheduledRunException">The test failed, or does not end.</exception>
    /// <exception cref="InvalidOperationException">Another run is under way in this process.</exception>
    public static Task<ScheduledRun> RunAsync(
        Schedule schedule, Func<SimulatedCluster, Task> test, SimulatedState? from = null) => Task.Run(async () =>
    {
        using SingleThreadPool thread = await SingleThreadPool.EnterAsync();
        var cluster = new SimulatedCluster(from);
        var run = new ScheduledRun();
        try
        {
            Task running = Task.Run(() => test(cluster));
            int number = 0;
            await QuietSteps.RunAsync(() =>
            {
                // A client may take it for a failure of storage, and go on.
                if (cluster._gate.Unknown is { } unknown)
                {
                    throw unknown;
                }

                if (!running.IsCompleted)
                {
                    cluster.Next(number++, schedule, run);
                }

                return !running.IsCompleted;
            });
            await running;
            return run;
        }
        catch (Exception e)
        {
            throw new ScheduledRunException(run, schedule, e);
        }
        finally
        {
            run.Requests = cluster._gate.Requests;
            cluster._gate.Close();
            await QuietSteps.RunAsync(static () => false);
        }
    });

    /// <summary>What storage has now, and what time it is: other runs can begin there.</summary>
    /// <exception cref="InvalidOperationException">Requests are on their way: no run would see what becomes of them.</exception>
    public SimulatedState Keep() => _gate.Waiting.Count + _gate.Late.Count > 0
        ? throw new InvalidOperationException("Requests are on their way.")
        : new SimulatedState(_gate.Copy(_time), _time.GetUtcNow());

    /// <summary>Storage carries out all requests that are on their way, those whose clients have given up or died included.</summary>
    public void LetAllArrive() => _gate.LetAllArrive();

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Each connection is a host's.
    private protected override Task<StorageAccount> AccountAsync()
    {
        int connection = ++_connections;
        return Task.FromResult(new StorageAccount(
            SimulatedStorage.ConnectUnsigned,
            options =>
            {
                // The pauses between the SDK's own attempts are of the system's clock.
                options.Retry.Delay = TimeSpan.Zero;
                options.Retry.MaxDelay = TimeSpan.Zero;
                options.Transport = _gate.Open(connection);
            }));
    }

    /// <inheritdoc/>
    internal override Task<SessionStorage> ConnectHostAsync(string containerName, FaultTransport? faults, RequestLog? log)
    {
        int connection = ++_connections;
        HttpPipelineTransport way = _gate.Open(connection);
        return Task.FromResult(SimulatedConnection.Take(connection, containerName, faults?.Over(way) ?? way, log));
    }

    private void Next(int number, Schedule schedule, ScheduledRun run)
    {
        if (number == MaxDecisions || _time.GetUtcNow() - _began > MaxTime)
        {
            throw new TimeoutException(string.Create(
                CultureInfo.InvariantCulture,
                $"No end after {number} decisions and {_time.GetUtcNow() - _began} of simulated time."));
        }

        Move move = schedule.Choose(number, _gate.Waiting, _gate.Late);
        bool isDefault = move == Move.Default(_gate.Waiting.Count);
        PendingRequest? request = null;
        bool isAnswer = false;
        switch (move.Kind)
        {
            case MoveKind.LateRequest:
                request = _gate.LetArrive(move.Index);
                break;
            case MoveKind.Clock when _time.Advance(_gate.Waiting.Count > 0 ? LongestPause : MaxTime):
                break;
            case MoveKind.Clock when _gate.Waiting.Count == 0:
                throw new InvalidOperationException("No request is under way and no timer is set: the test waits for what cannot happen.");
            default:
                isAnswer = _gate.Waiting[move.Index].IsAnswer;
                request = _gate.LetThrough(move.Index, move.HoldsAnswer);
                break;
        }

        if (request is not null)
        {
            _time.Elapse(RequestTime);
        }

        run.Add(new ScheduledStep(move, isDefault, request, isAnswer, _time.GetUtcNow() - _began));
    }
}
