using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.DurableTask.Tests.Recorded;

/// <summary>
/// Instances that earlier versions ran under Durable Task. The worker of this version replays each of them from every turn, and must
/// decide what was decided then: an instance may be at any turn when a host is replaced. A file that fails here shows a change that breaks
/// running instances; it is not recorded again.
/// </summary>
public sealed class RecordedHistoryTests(AzuriteFixture azurite)
{
    public static TheoryData<string> Histories() =>
        [
            .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Recorded"), "*.json")
                .Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(),
        ];

    [Theory]
    [MemberData(nameof(Histories))]
    public async Task A_recorded_instance_decides_the_same_in_every_turn(string name)
    {
        var recorded = RecordedHistory.Parse(
            await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Recorded", name + ".json")));
        await using ServiceProvider services = await HostAsync();
        Func<ITaskOrchestrator> create = services.GetRequiredService<OrchestrationRegistry>().Orchestrators[recorded.Orchestrator];

        Assert.All(
            Enumerable.Range(0, recorded.Turns),
            turn => Assert.Equal(recorded.DecidedIn(turn), recorded.DecideAgain(turn, create())));
    }

    [Fact]
    public async Task Every_orchestrator_has_a_recorded_instance()
    {
        await using ServiceProvider services = await HostAsync();
        Assert.Equal(
            services.GetRequiredService<OrchestrationRegistry>().Orchestrators.Keys.Order(),
            Histories().Select(static h => h.Data.Split('.')[0]).Distinct().Order());
    }

    [Fact]
    public async Task An_orchestrator_that_calls_another_activity_is_noticed()
    {
        var recorded = RecordedHistory.Parse(
            await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Recorded", "commit-session.archived.json")));

        IReadOnlyList<string> decided = recorded.DecideAgain(recorded.Turns - 1, new Changed());

        Assert.Contains("NonDeterministic", decided[^1], StringComparison.Ordinal);
    }

    private async Task<ServiceProvider> HostAsync()
    {
        SessionStorage storage = await azurite.ConnectAsync((await azurite.NewContainerAsync()).Name, null);
        var words = new FakeProcessor();
        return new ServiceCollection().AddHost(storage, words).BuildServiceProvider();
    }

    private sealed class Changed : TaskOrchestrator<object?, bool>
    {
        public override Task<bool> RunAsync(OrchestrationContext context, object? input) =>
            context.CallActivityAsync<bool>("another");
    }
}
