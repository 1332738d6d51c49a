using DurableSessions.Testing;

namespace DurableSessions.Core.Tests;

/// <summary>Tests whose hosts are on simulated storage and a simulated clock: a wait of a minute takes no time.</summary>
[CollectionDefinition(nameof(Simulated), DisableParallelization = true)]
public sealed class Simulated
{
    private const int Seeds = 4;

    /// <summary>Requests are carried out in the order in which they were sent; the clock goes on when none is under way.</summary>
    public static Task RunAsync(Func<SimulatedCluster, Task> test) => SimulatedCluster.RunAsync(Schedule.InOrder, test);

    /// <summary>Of what clients do at the same time: in order, and in orders that are drawn, the same ones each time.</summary>
    public static async Task RunInManyOrdersAsync(Func<SimulatedCluster, Task> test)
    {
        await RunAsync(test);
        for (int seed = 1; seed <= Seeds; seed++)
        {
            await SimulatedCluster.RunAsync(Schedule.Uniform(seed), test);
        }
    }
}
