using System.Net;
using System.Net.Sockets;
using DurableSessions.Orchestration;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A client whose scheduler does not answer.</summary>
public sealed class SchedulerAwayTests
{
    public static TheoryData<string> Calls => [.. s_calls.Keys];

    private static readonly Dictionary<string, Func<OrchestrationClient, CancellationToken, Task>> s_calls = new()
    {
        ["schedule"] = static (c, t) => c.ScheduleNewOrchestrationInstanceAsync("x", cancellationToken: t),
        ["get"] = static (c, t) => c.GetInstanceAsync("x", t),
        ["wait"] = static (c, t) => c.WaitForInstanceCompletionAsync("x", t),
        ["raise"] = static (c, t) => c.RaiseEventAsync("x", "e", cancellationToken: t),
        ["terminate"] = static (c, t) => c.TerminateInstanceAsync("x", cancellationToken: t),
        ["suspend"] = static (c, t) => c.SuspendInstanceAsync("x", cancellationToken: t),
        ["resume"] = static (c, t) => c.ResumeInstanceAsync("x", cancellationToken: t),
        ["purge"] = static (c, t) => c.PurgeInstanceAsync("x", t),
        ["list"] = static (c, t) => c.ListInstancesAsync(new Orchestration.OrchestrationQuery(), t),
        ["history"] = static (c, t) => c.GetHistoryAsync("x", t),
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Each_call_says_that_it_is_unavailable(string call)
    {
        await using ServiceProvider provider = Services("http://127.0.0.1:9");

        await Assert.ThrowsAsync<OrchestrationUnavailableException>(() => s_calls[call](Client(provider), CancellationToken.None));
    }

    /// <summary>A commit waits for its number for a while and is accepted without it; that the wait is over is no error of the server.</summary>
    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Each_call_that_is_cancelled_says_so(string call)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using ServiceProvider provider = Services($"http://{silent.LocalEndpoint}");
        using var over = new CancellationTokenSource();
        Task calling = s_calls[call](Client(provider), over.Token);
        using TcpClient connected = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await over.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);
    }

    private static ServiceProvider Services(string address)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddDurableTaskClient(client =>
        {
            client.UseGrpc(address);
            client.RegisterDirectly();
        });
        return services.BuildServiceProvider();
    }

    private static DurableClient Client(ServiceProvider provider) =>
        new(provider.GetRequiredService<DurableTaskClient>(), TimeProvider.System);
}
