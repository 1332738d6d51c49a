using DurableSessions.Orchestration.Behaviour;

namespace DurableSessions.Engine.Tests;

public sealed class SuiteTests
{
    [Fact]
    public void Every_suite_runs_on_the_embedded_engine() => Suites.AssertAllIn(typeof(SuiteTests).Assembly.GetTypes());
}
