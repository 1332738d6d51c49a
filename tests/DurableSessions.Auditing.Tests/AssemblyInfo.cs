using DurableSessions.Testing;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
[assembly: AssemblyFixture(typeof(SimulatedFixture))]

// Most of these tests wait for hosts and storage, so more of them run beside each other than there are cores.
[assembly: Parallelization(MaxThreads = 4)]
