using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>Commits that change memories: a change is never made twice, and never lost, at any crash point.</summary>
public sealed class MemoryFaultTests(ITestOutputHelper output) : FaultMatrixTests(output)
{
    public static TheoryData<string, FaultKind> AllCells => Cells(Scenarios.OfMemories);

    [Theory]
    [MemberData(nameof(AllCells))]
    public Task At_every_request(string scenario, FaultKind kind) => TryEveryRequestAsync(scenario, kind);
}
