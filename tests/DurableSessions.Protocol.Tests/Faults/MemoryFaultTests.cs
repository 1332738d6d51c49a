using DurableSessions.Testing;

namespace DurableSessions.Protocol.Tests.Faults;

/// <summary>Commits that change memories: a change is never made twice, and never lost, at any crash point.</summary>
public sealed class MemoryFaultTests(AzuriteFixture azurite, ITestOutputHelper output) : FaultMatrixTests(azurite, output), IClassFixture<AzuriteFixture>
{
    public static TheoryData<string, FaultKind> AllCells => Cells(Scenarios.OfMemories);

    [Theory]
    [MemberData(nameof(AllCells))]
    public Task At_every_request(string scenario, FaultKind kind) => TryEveryRequestAsync(scenario, kind);
}
