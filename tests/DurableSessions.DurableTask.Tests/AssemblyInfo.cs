using DurableSessions.DurableTask.Tests;
using DurableSessions.Testing;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
[assembly: AssemblyFixture(typeof(WholeAzurite))]
