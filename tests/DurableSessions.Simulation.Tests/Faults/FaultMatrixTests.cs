using System.Globalization;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>
/// Every storage request of every scenario, times every fault that is one of its own there: with requests in order, and in orders that are
/// drawn.
/// </summary>
/// <remarks><see cref="AzuriteFaultTests"/> tries a sample through a socket.</remarks>
public abstract class FaultMatrixTests(ITestOutputHelper output)
{
    /// <summary>More requests than any scenario makes: a scenario that never ends is a failure of its own.</summary>
    private const int MaxRequests = 200;

    /// <summary>One point in so many is tried in a drawn order too. There are as many faults: each request is, with one of them.</summary>
    private const int DrawnOneIn = 8;

    private protected static TheoryData<string, FaultKind> Cells(IEnumerable<Func<Scenario>> scenarios)
    {
        var cells = new TheoryData<string, FaultKind>();
        foreach (Func<Scenario> scenario in scenarios)
        {
            foreach (FaultKind kind in Enum.GetValues<FaultKind>())
            {
                cells.Add(scenario().Name, kind);
            }
        }

        return cells;
    }

    protected async Task TryEveryRequestAsync(string name, FaultKind kind)
    {
        Func<Scenario> scenario = Scenarios.All.Single(s => s().Name == name);
        (string? prepared, SimulatedState? from) = (null, null);
        if (scenario() is { IsPreparedOnce: true } original)
        {
            await SimulatedCluster.RunAsync(Schedule.InOrder, async cluster =>
            {
                prepared = await FaultPoint.PrepareAsync(cluster, original);
                from = cluster.Keep();
            });
            scenario = original.Copy;
        }

        IReadOnlyList<StorageRequest> requests = [];
        await SimulatedCluster.RunAsync(
            Schedule.InOrder, async cluster => requests = await FaultPoint.RequestsAsync(cluster, scenario(), prepared), from);
        Assert.InRange(requests.Count, 1, MaxRequests);
        int points = 0;
        while (IsAnother(points + 1) || await TryAsync(points + 1, Schedule.InOrder))
        {
            points++;
            Assert.InRange(points, 1, MaxRequests);
            int seed = (points * 1_000) + (int)kind;
            if (points % DrawnOneIn == (int)kind % DrawnOneIn)
            {
                await TryAsync(points, ((points / DrawnOneIn) + (int)kind) % 2 == 0 ? Schedule.Uniform(seed) : Schedule.Priorities(seed));
            }
        }

        Assert.InRange(points, requests.Count, MaxRequests);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{points} fault points, each that is one of its own in order, one in {DrawnOneIn} in a drawn order too: {name}, {kind}"));

        // In order, the requests before the fault are those of a run without one.
        bool IsAnother(int request) => request <= requests.Count && !kind.IsOwnAt(requests[request - 1]);

        async Task<bool> TryAsync(int request, Schedule schedule)
        {
            bool reached = false;
            try
            {
                await SimulatedCluster.RunAsync(
                    schedule, async cluster => reached = await FaultPoint.TryAsync(cluster, scenario(), kind, request, prepared), from);
            }
            catch (ScheduledRunException e)
            {
                throw new InvalidOperationException($"{e.Message}{Environment.NewLine}{e.Run}", e);
            }

            return reached;
        }
    }
}
