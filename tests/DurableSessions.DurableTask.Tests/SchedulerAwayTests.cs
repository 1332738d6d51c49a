using DurableSessions.Orchestration;
using Grpc.Net.Client;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A client whose scheduler does not answer.</summary>
public sealed class SchedulerAwayTests
{
    public static TheoryData<string> Calls => [.. s_calls.Keys];

    private static readonly Dictionary<string, Func<OrchestrationClient, Task>> s_calls = new()
    {
        ["schedule"] = static c => c.ScheduleNewOrchestrationInstanceAsync("x"),
        ["get"] = static c => c.GetInstanceAsync("x"),
        ["wait"] = static c => c.WaitForInstanceCompletionAsync("x", CancellationToken.None),
        ["raise"] = static c => c.RaiseEventAsync("x", "e"),
        ["terminate"] = static c => c.TerminateInstanceAsync("x"),
        ["suspend"] = static c => c.SuspendInstanceAsync("x"),
        ["resume"] = static c => c.ResumeInstanceAsync("x"),
        ["purge"] = static c => c.PurgeInstanceAsync("x"),
        ["list"] = static c => c.ListInstancesAsync(new Orchestration.OrchestrationQuery()),
        ["history"] = static c => c.GetHistoryAsync("x"),
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Each_call_says_that_it_is_unavailable(string call)
    {
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:9");
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddDurableTaskClient(client =>
        {
            client.UseGrpc(channel);
            client.RegisterDirectly();
        });
        await using ServiceProvider provider = services.BuildServiceProvider();
        var client = new DurableClient(provider.GetRequiredService<DurableTaskClient>(), TimeProvider.System);

        await Assert.ThrowsAsync<OrchestrationUnavailableException>(() => s_calls[call](client));
    }
}
