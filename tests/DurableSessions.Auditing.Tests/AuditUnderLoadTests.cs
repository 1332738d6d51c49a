using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>No audit beside hosts at work finds an error.</summary>
public sealed class AuditUnderLoadTests(SimulatedFixture storage) : UnderLoad(storage)
{
    [Fact]
    public Task Beside_hosts_under_load_there_are_no_errors() => AuditUnderLoadAsync(repair: false);
}
