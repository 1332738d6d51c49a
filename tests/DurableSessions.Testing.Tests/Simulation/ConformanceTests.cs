using System.Collections.Concurrent;
using CsCheck;

namespace DurableSessions.Testing.Tests.Simulation;

/// <summary>The simulated storage answers as Azurite does, and as the service does where it is set to.</summary>
public sealed class ConformanceTests(AzuriteFixture azurite)
{
    private const int Draws = 400;
    private const int AtOnce = 6;

    /// <summary>What is answered to some of the drawn requests: otherwise they are drawn too tame.</summary>
    private static readonly string[] Drawn =
    [
        "List 200", "Put 201", "Put 409 BlobAlreadyExists", "Put 412 ConditionNotMet", "Put 400 MultipleConditionHeadersNotSupported",
        "Put 404 ContainerNotFound", "Get 200", "Get 206", "Get 304", "Get 400 UnsatisfiableCondition", "Get 404 BlobNotFound",
        "Get 412 ConditionNotMet", "Get 416 InvalidRange", "Properties 200", "Properties 304", "Properties 404 BlobNotFound", "Delete 202",
        "Delete 404 BlobNotFound", "Delete 412 ConditionNotMet", "SetMetadata 200", "Stage 201", "Stage 409 InvalidBlobType", "Commit 201",
        "Commit 400 InvalidBlockList", "Commit 409 BlobAlreadyExists", "Commit 409 InvalidBlobType", "CreateAppendBlob 201",
        "CreateAppendBlob 409 BlobAlreadyExists", "Append 201", "Append 400 InvalidHeaderValue", "Append 409 BlobIsSealed",
        "Append 409 InvalidBlobType", "Append 412 AppendPositionConditionNotMet", "Append 412 ConditionNotMet", "Seal 200",
        "Seal 404 BlobNotFound", "Seal 409 InvalidBlobType", "Seal 412 ConditionNotMet", "CreateContainer 409 ContainerAlreadyExists",
    ];

    public static TheoryData<string> Known => [.. KnownSequences.All.Keys];

    public static TheoryData<ServiceDifference> Differences => [.. Enum.GetValues<ServiceDifference>()];

    /// <summary>
    /// A few hundred sequences, the same each time; a failure names the shortest that is left when steps are taken out one by one.
    /// </summary>
    [Fact]
    public async Task Drawn_sequences_are_answered_alike()
    {
        var answers = new ConcurrentDictionary<string, bool>();
        await Parallel.ForEachAsync(
            Enumerable.Range(1, Draws),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (number, _) =>
            {
                Step[] steps = Sequences.Drawn.Generate(new PCG((uint)number, 1), null, out CsCheck.Size _);
                (IReadOnlyList<string> expected, string? difference) = await CompareAsync(steps);
                if (difference is not null)
                {
                    Assert.Fail($"Sequence {number}: {await ShortestAsync(steps)}");
                }

                for (int i = 0; i < steps.Length; i++)
                {
                    answers[$"{steps[i].Kind} {expected[i]}"] = true;
                }
            });

        Assert.All(Drawn, d => Assert.Contains(answers.Keys, a => a.StartsWith(d, StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Known))]
    public async Task Known_sequences_are_answered_alike(string name)
    {
        (string last, Step[] steps) = KnownSequences.All[name];

        (IReadOnlyList<string> expected, string? difference) = await CompareAsync(steps);

        Assert.Null(difference);
        Assert.StartsWith(last, expected[^1], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task A_documented_difference_has_two_sides(ServiceDifference difference)
    {
        (string onAzurite, string onService, Step[] steps) = KnownSequences.Of(difference);

        (IReadOnlyList<string> expected, string? found) = await CompareAsync(steps);
        IReadOnlyList<string> service = await SimulateAsync(new SimulatedStorage(null, difference), steps);

        Assert.Null(found);
        Assert.StartsWith(onAzurite, expected[^1], StringComparison.Ordinal);
        Assert.StartsWith(onService, service[^1], StringComparison.Ordinal);
        Assert.Equal(expected.SkipLast(1), service.SkipLast(1));
    }

    private static Task<IReadOnlyList<string>> SimulateAsync(SimulatedStorage storage, IEnumerable<Step> steps) =>
        Transcript.OfAsync(SimulatedStorage.ConnectionString, storage.Configure, steps);

    // Null: no difference.
    private async Task<(IReadOnlyList<string> Expected, string? Difference)> CompareAsync(IReadOnlyList<Step> steps)
    {
        IReadOnlyList<string> expected = await Transcript.OfAsync(await azurite.GetConnectionStringAsync(), static _ => { }, steps);
        IReadOnlyList<string> actual = await SimulateAsync(new SimulatedStorage(), steps);
        int i = 0;
        while (i < steps.Count && expected[i] == actual[i])
        {
            i++;
        }

        string? difference = i == steps.Count ? null : string.Join(
            Environment.NewLine,
            [
                $"step {i + 1}",
                $"  Azurite:    {expected[i]}",
                $"  simulation: {actual[i]}",
                .. steps.Take(i + 1).Select((s, k) => $"  {s} -> {expected[k]}"),
            ]);
        return (expected, difference);
    }

    private async Task<string> ShortestAsync(IReadOnlyList<Step> steps)
    {
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            Step[] fewer = [.. steps.Where((_, k) => k != i)];
            steps = (await CompareAsync(fewer)).Difference is null ? steps : fewer;
        }

        return (await CompareAsync(steps)).Difference!;
    }
}
