using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>No audit beside hosts at work finds an error.</summary>
public sealed class AuditUnderLoadTests(AzuriteFixture azurite) : UnderLoad(azurite)
{
    [Fact]
    public Task Beside_hosts_under_load_there_are_no_errors() => AuditUnderLoadAsync(repair: false);
}
