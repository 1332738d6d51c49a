using System.Reflection;
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

    private static IEnumerable<string> NamesIn(Type triggers) =>
        triggers.GetMethods().Select(static method => method.GetCustomAttribute<FunctionAttribute>()?.Name).OfType<string>().Order();
}
