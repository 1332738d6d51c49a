using DurableSessions.Testing;

namespace DurableSessions.Protocol.Tests.Faults;

/// <summary>Commits: alone, after others, beside others, beside appends.</summary>
public sealed class CommitFaultTests(AzuriteFixture azurite, ITestOutputHelper output) : FaultMatrixTests(azurite, output), IClassFixture<AzuriteFixture>
{
    public static TheoryData<string, FaultKind> AllCells => Cells(Scenarios.OfCommits);

    [Theory]
    [MemberData(nameof(AllCells))]
    public Task At_every_request(string scenario, FaultKind kind) => TryEveryRequestAsync(scenario, kind);
}
