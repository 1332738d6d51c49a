using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>No repair beside hosts at work takes anything from them.</summary>
public sealed class RepairUnderLoadTests(SimulatedFixture storage) : UnderLoad(storage)
{
    [Fact]
    public Task Beside_hosts_under_load_a_repair_finds_no_errors_and_takes_nothing() => AuditUnderLoadAsync(repair: true);
}
