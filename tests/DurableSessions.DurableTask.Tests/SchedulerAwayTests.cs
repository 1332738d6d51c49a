using System.Net;
using System.Net.Sockets;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A client whose scheduler is not there, or does not answer.</summary>
public sealed class SchedulerAwayTests
{
    public static TheoryData<string> Calls => [.. s_calls.Keys];

    private static readonly Dictionary<string, Func<OrchestrationClient, CancellationToken, Task>> s_calls = new()
    {
        ["schedule"] = static (c, token) => c.ScheduleNewOrchestrationInstanceAsync("x", cancellationToken: token),
        ["get"] = static (c, token) => c.GetInstanceAsync("x", token),
        ["wait"] = static (c, token) => c.WaitForInstanceCompletionAsync("x", token),
        ["raise"] = static (c, token) => c.RaiseEventAsync("x", "e", cancellationToken: token),
        ["terminate"] = static (c, token) => c.TerminateInstanceAsync("x", cancellationToken: token),
        ["suspend"] = static (c, token) => c.SuspendInstanceAsync("x", cancellationToken: token),
        ["resume"] = static (c, token) => c.ResumeInstanceAsync("x", cancellationToken: token),
        ["purge"] = static (c, token) => c.PurgeInstanceAsync("x", token),
        ["list"] = static (c, token) => c.ListInstancesAsync(new Orchestration.OrchestrationQuery(), token),
        ["history"] = static (c, token) => c.GetHistoryAsync("x", token),
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public Task Each_call_says_that_it_is_unavailable(string call) => UseAsync(
        9, client => Assert.ThrowsAsync<OrchestrationUnavailableException>(() => s_calls[call](client, CancellationToken.None)));

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Each_call_that_is_given_up_says_that_it_is(string call)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await UseAsync(((IPEndPoint)silent.LocalEndpoint).Port, async client =>
        {
            using var patience = new CancellationTokenSource();
            Task calling = s_calls[call](client, patience.Token);
            using TcpClient called = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await patience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);
        });
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Each_call_that_is_not_answered_in_time_says_that_it_is_unavailable(string call)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var time = new SimulatedTime();
        await UseAsync(
            ((IPEndPoint)silent.LocalEndpoint).Port,
            async client =>
            {
                Task calling = s_calls[call](client, CancellationToken.None);
                using TcpClient called = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                Assert.False(time.Advance(TimeSpan.FromSeconds(29)));
                Assert.True(time.Advance(TimeSpan.FromSeconds(31)));
                await Assert.ThrowsAsync<OrchestrationUnavailableException>(() => calling);
            },
            time);
    }

    // What a gRPC server answers whose handler has thrown, as for storage that is away; and what does not pass by itself.
    [Theory]
    [InlineData(StatusCode.Unknown, true)]
    [InlineData(StatusCode.Internal, true)]
    [InlineData(StatusCode.ResourceExhausted, true)]
    [InlineData(StatusCode.Cancelled, true)]
    [InlineData(StatusCode.Unauthenticated, false)]
    [InlineData(StatusCode.InvalidArgument, false)]
    public async Task What_passes_by_itself_is_unavailable(StatusCode status, bool passes)
    {
        Task call = new SchedulerCalls(TimeProvider.System).CallAsync(
            _ => Task.FromException(new RpcException(new Status(status, "said"))), CancellationToken.None);

        Exception said = await Assert.ThrowsAnyAsync<Exception>(() => call);

        Assert.Equal(passes ? typeof(OrchestrationUnavailableException) : typeof(OrchestrationRefusedException), said.GetType());
    }

    private static async Task UseAsync(int port, Func<DurableClient, Task> test, TimeProvider? time = null)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddDurableTaskClient(client =>
        {
            client.UseGrpc(channel);
            client.RegisterDirectly();
        });
        await using ServiceProvider provider = services.BuildServiceProvider();
        await test(new DurableClient(provider.GetRequiredService<DurableTaskClient>(), time ?? TimeProvider.System));
    }
}
