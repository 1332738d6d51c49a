using DurableSessions.Server.Tests.Browser;
using DurableSessions.Testing;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
[assembly: AssemblyFixture(typeof(Chromium))]
