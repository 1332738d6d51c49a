using Azure.Storage.Blobs;
using DurableSessions.Simulation.Tests.Programs;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests;

/// <summary>Of a program that fails, the least is reported that still does.</summary>
public sealed class ShortestTests
{
    private static readonly Script s_script = new(
        80, 5, 3, true,
        [
            [new Append(0, 1, 1, false)], [new Read(1, 0), new Append(2, 0, 3, true), new Kill(1, 4, LastRequest.CarriedOut)],
            [new Commit(0, 0, 0, false)], [new WaitForAll(1)], [new Get(2, 2), new Stop(0)], [new DeliverCopies()],
        ]);

    private static readonly Script s_least = new(0, 5, 0, true, [[new Append(2, 0, 3, true), new Kill(1, 4, LastRequest.CarriedOut)]]);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public async Task A_planted_failure_is_reduced_to_its_operations_and_its_one_decision(int seed)
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Shortest.ExplainAsync("Planted", s_script, () => Schedule.Uniform(seed), RunAsync));

        string[] parts = e.Message.Split("Least that fails (");
        Assert.Contains(s_script.ToString(), parts[0], StringComparison.Ordinal);
        Assert.Contains($": {s_least}{Environment.NewLine}", parts[1], StringComparison.Ordinal);
        string[] requests = parts[1][parts[1].IndexOf("Every request", StringComparison.Ordinal)..].Split(Environment.NewLine)[1..];
        string decision = Assert.Single(requests, static r => r.Length > 6 && r[6] == '>');
        Assert.Contains("host 3 #3 HEAD a -> 404", decision, StringComparison.Ordinal);
        Assert.IsType<InvalidDataException>(Assert.IsType<ScheduledRunException>(e.InnerException).InnerException);
    }

    [Fact]
    public async Task A_program_that_passes_is_run_once()
    {
        int runs = 0;

        await Shortest.ExplainAsync("Planted", s_script, static () => Schedule.InOrder, (script, schedule) =>
        {
            runs++;
            return RunAsync(script, schedule);
        });

        Assert.Equal(1, runs);
    }

    // Fails if the program has an append to s0 and a kill, and one client looks before the other one has written.
    private static Task<ScheduledRun> RunAsync(Script script, Schedule schedule) => SimulatedCluster.RunAsync(schedule, async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        BlobContainerClient writer = (await cluster.ConnectAsync(container.Name)).Container;
        BlobContainerClient reader = (await cluster.ConnectAsync(container.Name)).Container;
        bool[] isThere = await Task.WhenAll(WriteAsync(), ReadAsync());
        Operation[] all = [.. script.Steps.SelectMany(static s => s)];
        if (!isThere[1] && all.Any(static o => o is Append { Session: 0 }) && all.Any(static o => o is Kill))
        {
            throw new InvalidDataException("Planted.");
        }

        async Task<bool> WriteAsync()
        {
            await writer.GetBlobClient("a").UploadAsync(BinaryData.FromString(""), Cancelled);
            await BeBusyAsync(writer);
            return true;
        }

        async Task<bool> ReadAsync()
        {
            bool isThere = await reader.GetBlobClient("a").ExistsAsync(Cancelled);
            await BeBusyAsync(reader);
            return isThere;
        }
    });

    private static async Task BeBusyAsync(BlobContainerClient client)
    {
        for (int n = 0; n < 10; n++)
        {
            await client.ExistsAsync(Cancelled);
        }
    }
}
