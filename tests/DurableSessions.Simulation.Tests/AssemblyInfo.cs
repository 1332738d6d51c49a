using DurableSessions.Testing;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

// A simulation has the process to itself.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
