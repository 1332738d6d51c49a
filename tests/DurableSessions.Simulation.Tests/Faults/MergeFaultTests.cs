using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>Merges of the search index: alone, beside a commit, beside a deletion, on two hosts.</summary>
public sealed class MergeFaultTests(ITestOutputHelper output) : FaultMatrixTests(output)
{
    public static TheoryData<string, FaultKind> AllCells => Cells(Scenarios.OfMerges);

    [Theory]
    [MemberData(nameof(AllCells))]
    public Task At_every_request(string scenario, FaultKind kind) => TryEveryRequestAsync(scenario, kind);
}
