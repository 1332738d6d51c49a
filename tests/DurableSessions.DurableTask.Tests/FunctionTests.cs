using System.Reflection;
using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Functions;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.DurableTask.Tests;

public sealed class FunctionTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Every_orchestrator_and_activity_has_a_trigger()
    {
        SessionStorage storage = await azurite.ConnectAsync((await azurite.NewContainerAsync()).Name, null);
        var words = new FirstWords();
        using var store = new SessionStore(
            storage, new SemanticProcessors(words, words), static () => throw new InvalidOperationException(), new SessionOptions(), TimeProvider.System,
            NullLoggerFactory.Instance);
        OrchestrationRegistry registry = store.Register(new OrchestrationRegistry());

        Assert.Equal(registry.Orchestrators.Keys.Order(), NamesIn(typeof(Orchestrators)));
        Assert.Equal(registry.Activities.Keys.Order(), NamesIn(typeof(Activities)));
    }

    private static IEnumerable<string> NamesIn(Type triggers) =>
        triggers.GetMethods().Select(static method => method.GetCustomAttribute<FunctionAttribute>()?.Name).OfType<string>().Order();
}
