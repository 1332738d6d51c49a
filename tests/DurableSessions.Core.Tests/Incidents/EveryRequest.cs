using DurableSessions.Core.Identities;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Incidents;

/// <summary>One commit for each of its storage requests, whose host dies at that one.</summary>
internal static class EveryRequest
{
    public static readonly SessionKey Key = new("acme", "ada", "s1");

    /// <summary>What is live when the commit begins.</summary>
    public static readonly string[] Said = ["m1", "m2", "m3", "m4"];

    private const int MaxRequests = 200;

    /// <summary>Runs for 1, 2, and so on, on storage of its own each time, until one says that it has not come so far.</summary>
    public static async Task RunAsync(Func<SimulatedCluster, int, Task<bool>> tryAt)
    {
        int end = 0;
        for (bool goesOn = true; goesOn && end < MaxRequests;)
        {
            int k = ++end;
            await Simulated.RunAsync(async cluster => goesOn = await tryAt(cluster, k));
        }

        Assert.InRange(end, 10, MaxRequests - 1);
    }

    /// <summary>
    /// For every request of a commit, before it is sent and after it is carried out: the host dies there. Then the check, on
    /// the same storage, with the name of the container.
    /// </summary>
    public static Task DieAsync(
        Func<SimulatedCluster, string, Task> check, FakeProcessor? processor = null, IdempotencyKey? key = null) =>
        RunAsync(async (cluster, k) =>
        {
            string container = (await cluster.NewContainerAsync()).Name;
            using Host host = await Host.RunAsync(cluster, container, processor: processor);
            await host.AppendAsync(Key, Said);
            host.Faults.StopTheWorldAt(host.Faults.Requests + ((k + 1) / 2), carriesOutTheLast: k % 2 == 0);
            Task commit = host.CommitToEndAsync(Key, idempotencyKey: key);
            bool died = await Task.WhenAny(commit, host.Faults.Stopped).WaitAsync(TimeSpan.FromSeconds(60), cluster.Time) != commit;
            await host.KillAsync();
            if (!died)
            {
                await commit;
            }

            try
            {
                await check(cluster, container);
            }
            catch (Exception e)
            {
                string death = died ? $"{host.Faults}" : "No death";
                throw new InvalidOperationException($"{death}: {e.Message}{Environment.NewLine}{host.Log}", e);
            }

            return died;
        });
}
