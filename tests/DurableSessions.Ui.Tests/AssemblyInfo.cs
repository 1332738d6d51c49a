using DurableSessions.Testing;

[assembly: AssemblyFixture(typeof(SimulatedFixture))]
