using System.Globalization;
using Azure.Storage.Blobs;
using DurableSessions.Core.Sessions;
using DurableSessions.Testing;

namespace DurableSessions.Protocol.Tests.Faults;

/// <summary>
/// Every storage request of every scenario, times every fault: run, go on with a fresh host where the process died, wait for
/// the end, and audit through the public API alone.
/// </summary>
public sealed class FaultMatrixTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    /// <summary>More requests than any scenario makes: a scenario that never ends is a failure of its own.</summary>
    private const int MaxRequests = 200;

    private const int PointsAtOnce = 24;

    /// <summary>With <c>DURABLE_SESSIONS_TESTS=long</c> every fault happens at every request; otherwise a death at every request, and the others at some.</summary>
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DURABLE_SESSIONS_TESTS") == "long";

    private static readonly SessionOptions Options = new() { BlocksPerSegment = 3, TombstoneRetention = TimeSpan.FromMilliseconds(200) };

    public static TheoryData<int, FaultKind> Cells()
    {
        var cells = new TheoryData<int, FaultKind>();
        for (int scenario = 0; scenario < Scenarios.All.Length; scenario++)
        {
            foreach (FaultKind kind in Enum.GetValues<FaultKind>())
            {
                cells.Add(scenario, kind);
            }
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task At_every_request(int scenario, FaultKind kind)
    {
        int end = MaxRequests;
        int points = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(1, MaxRequests).Where(k => IsLong || k % Stride(kind) == scenario % Stride(kind)),
            new ParallelOptions { MaxDegreeOfParallelism = PointsAtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (k, _) =>
            {
                if (k <= Volatile.Read(ref end))
                {
                    Interlocked.Increment(ref points);
                    if (!await TryPointAsync(Scenarios.All[scenario](), kind, k))
                    {
                        InterlockedMin(ref end, k);
                    }
                }
            });
        Assert.InRange(end, 2, MaxRequests - 1);
        output.WriteLine($"{points.ToString(CultureInfo.InvariantCulture)} fault points: {Scenarios.All[scenario]().Name}, {kind}");
    }

    // False: the scenario made fewer requests.
    private async Task<bool> TryPointAsync(Scenario scenario, FaultKind kind, int k)
    {
        BlobContainerClient blobs = await azurite.NewContainerAsync();
        string container = blobs.Name;
        using Host host = await Host.RunAsync(azurite, container, Options);
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

            using Host fresh = await Host.RunAsync(azurite, container, Options);
            if (!ended)
            {
                // The client tries again, elsewhere, with the same keys.
                await scenario.ActAsync(fresh).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            }

            // What a host starts by itself, it may start after its client was answered.
            await host.QuietAsync();
            await fresh.QuietAsync();
            await Scenario.EndAllAsync(fresh);
            await deliverLate();
            using Host auditor = await Host.RunAsync(azurite, container, Options);
            Audit? audit = await scenario.AuditAsync(auditor);
            await scenario.CheckAsync(auditor, audit);

            // Azurite looks through all it has for every listing: thousands of points must not slow each other down.
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

    // What storage holds when a process dies after one request, it holds when it dies before the next.
    private static int Stride(FaultKind kind) => kind switch
    {
        FaultKind.DiesBefore => 1,
        FaultKind.AnswerLost => 2,
        _ => 5,
    };

    private static bool IsToldToTheClient(Exception e) => e is Azure.RequestFailedException or AggregateException or ContentionException or IOException;

    private static void InterlockedMin(ref int target, int value)
    {
        for (int seen = Volatile.Read(ref target); value < seen; seen = Volatile.Read(ref target))
        {
            if (Interlocked.CompareExchange(ref target, value, seen) == seen)
            {
                return;
            }
        }
    }
}
