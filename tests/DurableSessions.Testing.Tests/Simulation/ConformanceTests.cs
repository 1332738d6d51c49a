using CsCheck;

namespace DurableSessions.Testing.Tests.Simulation;

/// <summary>The simulated storage answers as Azurite does, and as the service does where it is told to.</summary>
public sealed class ConformanceTests(AzuriteFixture azurite)
{
    private const int Draws = 400;
    private const int AtOnce = 6;

    /// <summary>A few hundred sequences, the same each time; a failure names the shortest that is left when steps are taken out one by one.</summary>
    [Fact]
    public async Task Drawn_sequences_are_answered_alike()
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(1, Draws),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (number, _) =>
            {
                Step[] steps = Sequences.Drawn.Generate(new PCG((uint)number, 1), null, out CsCheck.Size _);
                if (await DifferenceAsync(steps) is not null)
                {
                    Assert.Fail($"Sequence {number}: {await ShortestAsync(steps)}");
                }
            });
    }

    // Null: none.
    private async Task<string?> DifferenceAsync(IReadOnlyList<Step> steps)
    {
        IReadOnlyList<string> expected = await Transcript.OfAsync(await azurite.GetConnectionStringAsync(), static _ => { }, steps);
        IReadOnlyList<string> actual = await Transcript.OfAsync(SimulatedStorage.ConnectionString, new SimulatedStorage().Configure, steps);
        for (int i = 0; i < steps.Count; i++)
        {
            if (expected[i] != actual[i])
            {
                string way = string.Join(Environment.NewLine, steps.Take(i + 1).Select((s, k) => $"  {s} -> {expected[k]}"));
                return $"step {i + 1}{Environment.NewLine}  Azurite:    {expected[i]}{Environment.NewLine}  simulation: {actual[i]}{Environment.NewLine}{way}";
            }
        }

        return null;
    }

    private async Task<string> ShortestAsync(IReadOnlyList<Step> steps)
    {
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            Step[] fewer = [.. steps.Where((_, k) => k != i)];
            steps = await DifferenceAsync(fewer) is null ? steps : fewer;
        }

        return (await DifferenceAsync(steps))!;
    }
}
