using System.Globalization;
using Azure.Storage.Blobs;
using DurableSessions.Core.Sessions;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>
/// Every storage request of every scenario, times every fault: run, go on with a fresh host where the process died, wait for
/// the end, and audit through the public API alone.
/// </summary>
/// <remarks>On simulated storage, which is held to Azurite by its own tests; <see cref="AzuriteFaultTests"/> tries a sample through a socket.</remarks>
public abstract class FaultMatrixTests(StorageFixture storage, ITestOutputHelper output)
{
    /// <summary>More requests than any scenario makes: a scenario that never ends is a failure of its own.</summary>
    private const int MaxRequests = 200;

    private const int PointsAtOnce = 100;

    private static readonly SessionOptions Options = new() { BlocksPerSegment = 3, TombstoneRetention = TimeSpan.FromMilliseconds(200) };

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
        int requests = await CountRequestsAsync(scenario());
        Assert.InRange(requests, 1, MaxRequests);
        int points = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(1, requests),
            new ParallelOptions { MaxDegreeOfParallelism = PointsAtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (k, _) => Interlocked.Add(ref points, await TryPointAsync(scenario(), kind, k) ? 1 : 0));
        for (int k = requests + 1; await TryPointAsync(scenario(), kind, k); k++)
        {
            // What runs beside each other does not always make the same number of requests.
            Assert.InRange(k, 1, MaxRequests);
            points++;
        }

        Assert.InRange(points, requests / 2, MaxRequests);
        output.WriteLine($"{points.ToString(CultureInfo.InvariantCulture)} fault points: {name}, {kind}");
    }

    private protected async Task<int> CountRequestsAsync(Scenario scenario)
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.RunAsync(storage, blobs.Name, Options);
        await scenario.PrepareAsync(host);
        int before = host.Faults.Requests;
        await scenario.ActAsync(host);
        await host.QuietAsync();
        int requests = host.Faults.Requests - before;
        await blobs.DeleteAsync(cancellationToken: TestContext.Current.CancellationToken);
        return requests;
    }

    // False: the scenario made fewer requests.
    private protected async Task<bool> TryPointAsync(Scenario scenario, FaultKind kind, int k)
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        string container = blobs.Name;
        using Host host = await Host.RunAsync(storage, container, Options);
        await scenario.PrepareAsync(host);
        int at = host.Faults.Requests + k;
        Func<Task> deliverLate = host.Faults.Inject(kind, at);
        string where = $"{scenario.Name}, {kind} at request {k}";
        try
        {
            bool ended = await ActAsync(scenario, host);
            bool reached = host.Faults.Requests >= at;
            if (!ended)
            {
                await host.KillAsync();
            }

            using Host fresh = await Host.RunAsync(storage, container, Options);
            if (!ended)
            {
                // The client tries again, elsewhere, with the same keys.
                await scenario.ActAsync(fresh).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            }

            // What a host starts by itself, it may start after its client was answered.
            await host.QuietAsync();
            await fresh.QuietAsync();
            await fresh.EndAllAsync();
            await deliverLate();
            using Host auditor = await Host.RunAsync(storage, container, Options);
            Audit? audit = await scenario.AuditAsync(auditor);
            await scenario.CheckAsync(auditor, audit);

            // Thousands of points must not fill the storage that they share.
            await blobs.DeleteAsync(cancellationToken: TestContext.Current.CancellationToken);
            return reached;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{where}: {e.Message}{Environment.NewLine}{host.Faults}{Environment.NewLine}{host.Log}", e);
        }
    }

    // True: the client was answered. False: the process died, or the client was told of an error.
    private static async Task<bool> ActAsync(Scenario scenario, Host host)
    {
        Task act = scenario.ActAsync(host);
        if (await Task.WhenAny(act, host.Faults.Stopped).WaitAsync(TimeSpan.FromSeconds(60)) != act)
        {
            _ = act.ContinueWith(static t => t.Exception, TaskScheduler.Default);
            return false;
        }

        try
        {
            await act;
            return true;
        }
        catch (Exception e) when (IsToldToTheClient(e))
        {
            return false;
        }
    }

    private static bool IsToldToTheClient(Exception e) => e is Azure.RequestFailedException or AggregateException or ContentionException or IOException;
}
