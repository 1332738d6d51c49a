using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>Everything around a commit: appends, the session itself, and what is done to a commit on its way.</summary>
public sealed class SessionFaultTests(ITestOutputHelper output) : FaultMatrixTests(output)
{
    public static TheoryData<string, FaultKind> AllCells => Cells(Scenarios.Around);

    [Theory]
    [MemberData(nameof(AllCells))]
    public Task At_every_request(string scenario, FaultKind kind) => TryEveryRequestAsync(scenario, kind);
}
