using System.Reflection;
using System.Text.Json;
using DurableSessions.Core.Storage;
using DurableSessions.Functions;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.DurableTask.Tests;

public sealed class FunctionTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Every_orchestrator_and_activity_has_a_trigger()
    {
        SessionStorage storage = await azurite.ConnectAsync((await azurite.NewContainerAsync()).Name, null);
        var words = new FakeProcessor();
        await using ServiceProvider services = new ServiceCollection().AddHost(storage, words).BuildServiceProvider();
        OrchestrationRegistry registry = services.GetRequiredService<OrchestrationRegistry>();

        Assert.Equal(registry.Orchestrators.Keys.Order(), NamesIn(typeof(Orchestrators)));
        Assert.Equal(registry.Activities.Keys.Order(), NamesIn(typeof(Activities)));
    }

    [Fact]
    public async Task Each_trigger_of_an_activity_runs_the_one_of_its_name()
    {
        var registry = new OrchestrationRegistry();
        foreach (string name in NamesIn(typeof(Activities)))
        {
            registry.AddActivity(name, () => new Named(name));
        }

        var triggers = new Activities(registry, new FunctionsClient(TimeProvider.System));
        JsonElement input = JsonSerializer.SerializeToElement(1);
        foreach ((string name, MethodInfo trigger) in TriggersOf(typeof(Activities)))
        {
            object? ran = await (Task<object?>)trigger.Invoke(triggers, [input, "instance", null])!;
            Assert.Equal($"{name}, called {name} by instance", $"{ran}");
        }
    }

    [Fact]
    public async Task Before_the_first_invocation_the_task_hub_is_unavailable() =>
        await Assert.ThrowsAsync<OrchestrationUnavailableException>(
            () => new FunctionsClient(TimeProvider.System).GetInstanceAsync("i", TestContext.Current.CancellationToken));

    private static IEnumerable<string> NamesIn(Type triggers) => TriggersOf(triggers).Select(static trigger => trigger.Name).Order();

    private static IEnumerable<(string Name, MethodInfo Method)> TriggersOf(Type triggers) =>
        from method in triggers.GetMethods()
        let function = method.GetCustomAttribute<FunctionAttribute>()
        where function is not null
        select (function.Name, method);

    private sealed class Named(string name) : TaskActivity<int, string>
    {
        public override Task<string> RunAsync(TaskActivityContext context, int input) =>
            Task.FromResult($"{name}, called {context.Name} by {context.InstanceId}");
    }
}
