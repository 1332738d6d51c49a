using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>
/// A sample of the matrix through a socket, a point of each scenario: another one for each commit of this repository, and the same for the
/// same commit.
/// </summary>
public sealed class AzuriteFaultTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    private const int PointsAtOnce = 30;

    [Fact]
    public async Task A_sample_drawn_by_the_commit()
    {
        string version = typeof(AzuriteFaultTests).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion;
        var random = new Random(BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(version))));
        Func<Scenario>[] scenarios = [.. Scenarios.All];
        int[] requests = await CountRequestsAsync(scenarios);
        FaultKind[] kinds = Enum.GetValues<FaultKind>();
        (Func<Scenario> Scenario, FaultKind Kind, int Request)[] points =
        [
            .. scenarios.Select((s, i) => (s, kinds[random.Next(kinds.Length)], 1 + random.Next(requests[i]))),
        ];
        int reached = 0;
        await Parallel.ForEachAsync(
            points,
            new ParallelOptions { MaxDegreeOfParallelism = PointsAtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (point, _) =>
            {
                bool isReached = await FaultPoint.TryAsync(azurite, point.Scenario(), point.Kind, point.Request);
                Interlocked.Add(ref reached, isReached ? 1 : 0);
            });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{reached} of {points.Length} points of {version} were reached."));

        // What runs beside each other does not always make the same number of requests.
        Assert.InRange(reached, points.Length / 2, points.Length);
    }

    // On simulated storage, which is asked for the same.
    private static async Task<int[]> CountRequestsAsync(Func<Scenario>[] scenarios)
    {
        int[] requests = new int[scenarios.Length];
        for (int i = 0; i < scenarios.Length; i++)
        {
            await SimulatedCluster.RunAsync(
                Schedule.InOrder, async cluster => requests[i] = (await FaultPoint.RequestsAsync(cluster, scenarios[i]())).Count);
        }

        SimulatedCluster.Leave();
        return requests;
    }
}
