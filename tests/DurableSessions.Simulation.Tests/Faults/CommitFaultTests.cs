using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>Commits: alone, after others, beside others, beside appends.</summary>
public sealed class CommitFaultTests(ITestOutputHelper output) : FaultMatrixTests(output)
{
    public static TheoryData<string, FaultKind> AllCells => Cells(Scenarios.OfCommits);

    [Theory]
    [MemberData(nameof(AllCells))]
    public Task At_every_request(string scenario, FaultKind kind) => TryEveryRequestAsync(scenario, kind);
}
