using DurableSessions.DurableTask.Tests;
using DurableSessions.Testing;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
[assembly: AssemblyFixture(typeof(WholeAzurite))]

// They wait for timers of task hubs, most of the time.
[assembly: Xunit.v3.Parallelization(MaxThreads = 8)]
