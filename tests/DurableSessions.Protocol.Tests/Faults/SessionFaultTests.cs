using DurableSessions.Testing;

namespace DurableSessions.Protocol.Tests.Faults;

/// <summary>Sessions, appends to them, and what they do by themselves.</summary>
public sealed class SessionFaultTests(AzuriteFixture azurite, ITestOutputHelper output) : FaultMatrixTests(azurite, output)
{
    public static TheoryData<string, FaultKind> AllCells => Cells(Scenarios.OfSessions);

    [Theory]
    [MemberData(nameof(AllCells))]
    public Task At_every_request(string scenario, FaultKind kind) => TryEveryRequestAsync(scenario, kind);
}
