using DurableSessions.Core.Messages;
using DurableSessions.Core.Sessions;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Incidents;

/// <summary>One commit for each of its storage requests, whose host dies at that one.</summary>
internal static class EveryRequest
{
    public static readonly SessionKey Key = new("acme", "ada", "s1");

    /// <summary>What is live when the commit begins.</summary>
    public static readonly string[] Said = ["m1", "m2", "m3", "m4"];

    private const int MaxRequests = 200;
    private const int AtOnce = 16;

    /// <summary>Runs for 1, 2, and so on, several at once, until one says that it has not come so far.</summary>
    public static async Task RunAsync(Func<int, Task<bool>> tryAt)
    {
        int end = MaxRequests;
        await Parallel.ForEachAsync(
            Enumerable.Range(1, MaxRequests),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (k, _) =>
            {
                if (k <= Volatile.Read(ref end) && !await tryAt(k))
                {
                    Volatile.Write(ref end, Math.Min(k, Volatile.Read(ref end)));
                }
            });
        Assert.InRange(end, 10, MaxRequests - 1);
    }

    /// <summary>
    /// For every request of a commit, before it is sent and after it is carried out: the host dies there. Then the check, with
    /// the name of the container.
    /// </summary>
    public static Task DieAsync(AzuriteFixture azurite, Func<string, Task> check, FirstWords? processor = null, IdempotencyKey? key = null) => RunAsync(async k =>
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(azurite, container, processor: processor);
        await host.AppendAsync(Key, Said);
        host.Faults.StopTheWorldAt(host.Faults.Requests + ((k + 1) / 2), carriesOutTheLast: k % 2 == 0);
        Task commit = host.CommitToEndAsync(Key, idempotencyKey: key);
        bool died = await Task.WhenAny(commit, host.Faults.Stopped).WaitAsync(TimeSpan.FromSeconds(60)) != commit;
        await host.KillAsync();
        if (!died)
        {
            await commit;
        }

        try
        {
            await check(container);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{(died ? $"{host.Faults}" : "No death")}: {e.Message}{Environment.NewLine}{host.Log}", e);
        }

        return died;
    });
}
