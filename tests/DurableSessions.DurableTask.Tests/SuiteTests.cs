using DurableSessions.Orchestration.Behaviour;

namespace DurableSessions.DurableTask.Tests;

public sealed class SuiteTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_suite_runs_on_the_task_hub_in_memory_and_on_Azure_Storage(bool onStorage) => Suites.AssertAllIn(
        typeof(SuiteTests).Assembly.GetTypes().Where(type => onStorage == type.GetConstructors().Any(static constructor =>
            constructor.GetParameters().Any(static parameter => parameter.ParameterType == typeof(WholeAzurite)))));
}
