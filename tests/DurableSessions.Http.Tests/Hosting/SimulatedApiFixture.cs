using DurableSessions.Testing;

namespace DurableSessions.Http.Tests.Hosting;

/// <summary>One host on simulated storage, for the tests of a class that send many requests and are about what the API answers.</summary>
public sealed class SimulatedApiFixture() : ApiFixture(new SimulatedFixture());
