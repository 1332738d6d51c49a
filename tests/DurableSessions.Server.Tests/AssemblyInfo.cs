using DurableSessions.Testing;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
