using System.Collections.Immutable;
using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>What the engine guarantees beyond <see cref="OrchestrationClient"/>: requests, fencing, limits.</summary>
/// <param name="storage">Storage with the clock of the system; <see langword="null"/>: storage and clock are simulated.</param>
public abstract class EngineTest(StorageFixture? storage = null) : PortBehaviour
{
    private EmbeddedHub? _hub;
    private Schedule _schedule = Schedule.InOrder;

    /// <summary>A host whose instances another host claims within seconds of its death.</summary>
    protected static readonly EngineOptions ShortOwnership = new()
    {
        Ownership = TimeSpan.FromSeconds(1),
        SweepInterval = TimeSpan.FromSeconds(2),
    };

    /// <summary>Whether the schedule may advance the clock while requests wait.</summary>
    protected bool IsDrawn => _schedule != Schedule.InOrder;

    protected override TimeSpan Longest => IsDrawn ? TimeSpan.FromHours(1) : base.Longest;

    /// <summary>Runs a test on simulated storage.</summary>
    /// <param name="schedule">Decides which request or timer is next.</param>
    /// <param name="test">The test; it may run again with another schedule.</param>
    protected Task RunAsync(Schedule schedule, Func<Task> test)
    {
        _schedule = schedule;
        return RunAsync(test);
    }

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test)
    {
        return storage is null ? EmbeddedHub.SimulateAsync(_schedule, UseAsync) : EmbeddedHub.RunAsync(storage, UseAsync);

        Task UseAsync(EmbeddedHub hub)
        {
            _hub = hub;
            return test(hub);
        }
    }

    /// <summary>The container of this test, or of this run of it.</summary>
    protected EmbeddedHub Hub => _hub ?? throw new InvalidOperationException("A test runs within RunAsync.");

    protected async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Time, Deadline);
        }
    }

    protected async Task<bool> HasActiveBlobAsync(string id) =>
        await Hub.Container.GetBlobClient($"orchestrations/active/{id}.json").ExistsAsync();

    /// <summary>The names of all faults of one request.</summary>
    protected static ImmutableArray<string> FaultNames { get; } = ["not sent", "answer dropped", "busy", "sent twice", "late"];

    /// <summary>A fault of one request, by its name, and what is to be done when everything is over: late copies arrive.</summary>
    protected static (Fault Fault, Func<Task> DeliverAsync) NamedFault(string name)
    {
        var twice = new SentTwice();
        var late = new ArrivesLate();
        return name switch
        {
            "not sent" => (Fault.FailBeforeSending, Nothing),
            "answer dropped" => (Fault.DropAnswer, Nothing),
            "busy" => (Fault.Respond(503, "ServerBusy"), Nothing),
            "late" => (late, late.DeliverAsync),
            "sent twice" => (twice, twice.DeliverCopiesAsync),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
        };

        static Task Nothing() => Task.CompletedTask;
    }

    protected static bool IsWriteOf(StorageRequest request, string folder) =>
        request.IsWrite && request.Blob.StartsWith($"orchestrations/{folder}/", StringComparison.Ordinal);
}
